"""What `collectarr` can be told to do on the command line; one file per family of commands."""
