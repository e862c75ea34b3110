"""The instance on a machine: processes, embedded servers, web server, backup."""
