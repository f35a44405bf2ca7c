"""The sheets around the board: one module a sheet, each giving blocks. They know networks
and layouts; they must not know how a file is written."""
