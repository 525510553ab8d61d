"""The connectors: a module or folder for each kind of source; the scheme of the source's URL picks one."""
