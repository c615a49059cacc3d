"""What a site earns and spends: frozen inputs in, frozen results out. No files, no network, no window."""
