"""The tables: one file each, with its frozen row and its statements; nothing above this room writes SQL."""
