"""The HTML pages: handlers, the view models their templates take, and words for people."""
