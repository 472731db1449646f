"""Stand-ins for the servers and sources that Collectarr talks to, and the titles they hold."""
