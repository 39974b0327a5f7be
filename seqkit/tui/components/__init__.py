"""The Components and Data screens: what is installed, and the data that are here."""
