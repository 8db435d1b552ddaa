"""Makes a segmenter of images or of features, and masks of later images.

All arguments that can be checked are checked before the long work. Nothing here knows
of messages and views.
"""

from ncut_widget.build.features import from_features
from ncut_widget.build.images import from_images
from ncut_widget.build.predict import Predictor
from ncut_widget.build.start import check_keywords, warn_of_silent

__all__ = [
    "Predictor",
    "check_keywords",
    "from_features",
    "from_images",
    "warn_of_silent",
]
