"""What all floors use: arrays, checks, devices, files, progress. It knows no NCUT."""
