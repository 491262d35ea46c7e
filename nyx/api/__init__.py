"""HTTP routes that are not screens, one file per resource."""
