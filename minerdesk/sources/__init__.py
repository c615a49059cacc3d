"""One module per provider: `parse` bytes to observations, pure; `fetch` them, thin."""
