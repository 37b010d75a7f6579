"""The hand-out: any program gets a valid token, at once. The door answers from memory and imports no Django."""
