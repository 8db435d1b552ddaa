"""Whether images are photographs, or drawings and screens."""

from ncut_widget.images.batch import Images


def first_way(images: Images) -> str:
    """Tell."""
    return "semantics"
