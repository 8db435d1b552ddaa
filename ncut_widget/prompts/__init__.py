"""What a user said: clicks. It knows neither eigenvectors nor methods."""
