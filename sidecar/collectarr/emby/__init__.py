"""Emby as a program that we call: reading its libraries, reading and writing its box sets."""
