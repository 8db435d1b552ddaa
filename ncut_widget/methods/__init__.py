"""What makes fields of prompts. It knows neither Jupyter nor history."""
