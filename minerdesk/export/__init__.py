"""Tables to CSV, XLSX, JSON and Markdown. Knows neither the window nor the desk."""
