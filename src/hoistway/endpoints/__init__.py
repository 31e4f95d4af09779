"""The endpoints of the identity service, one file each."""
