"""The Open311 GeoReport v2 server: other front ends open and read tickets."""
