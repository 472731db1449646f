"""The product: make an Emby collection equal its list, and keep it so."""
