"""The charts of the network's page, one module per family, and the list of them all."""
