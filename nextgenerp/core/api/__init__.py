"""How the kernel speaks HTTP: the base views, serializers, lists and errors every app's api is built from."""
