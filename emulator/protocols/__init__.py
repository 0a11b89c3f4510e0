"""The protocols of AWS, one file each: parse a request, write an answer, write an error."""
