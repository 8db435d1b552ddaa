"""The numbers of the method "Image by image", and what each did to masks.

Chosen on one half of the labelled photographs of `BENCHMARKS.md`, checked on the other.
"""

# The walk on the fine grid of an image.
COLOR_CONTRAST = 2.0
FEATURE_CONTRAST = 0.3
"""How much differences of colour, and of features, hold a walk back."""

LEAST_WEIGHT = 0.001
"""Weight of neighbours however different: no part of an image is cut off."""

PULL = 0.01
"""How much a walk keeps to the prior, on a grid of 128 cells. At .005 late prompts on
photographs are a little worse, and more of the even ground of a drawing is found: .81
of it for .77. At .02 photographs are a little worse, too."""

RADIUS = 0.015
"""Radius about a prompt that has its label, as a share of the image's diagonal."""

SOFTNESS = 0.15
"""Width of the step from field to prior."""

DIRECTIONS = 64
"""Leading coordinates of features that neighbouring cells are compared by."""

# What speaks for the thing on an image with prompts.
OWN_EIG = 30
"""Eigenvectors of an image's own graph."""

SCALES = (0.64, 1.0, 1.45, 2.2)
"""Fields of several granularities are averaged: relative to that which is set."""

WITHIN = (-0.5, 1.5)
"""Fields are cut to this range before they are averaged."""

WEIGHTS = {
    "field": 1.3,
    "walk": 3.5,
    "distance": -0.5,
    "share": 3.0,
    "no_negative": 0.75,
    "apart": -0.4,
    "color": 0.6,
    "offset": -6.6,
}
"""Weights of the evidence, for a logistic function."""

COLOR_BINS = (12, 20, 20)
COLOR_BLUR = 0.7
COLOR_FLOOR = 1e-6
COLOR_MOST = 4.0
"""Histograms of colours, and the most that a colour can say."""

NEAR = 0.05
"""A prompt changes parts that come this near to it, as a share of the diagonal."""

FRESH = 2.0
"""Over the number of prompts: how much of the prior is weighed anew at each, the rest
is the map before it. Without, late prompts on an image swing it to and fro."""

# What images with prompts say of another one.
VOTERS = 16
"""Cells that have a vote on another cell, and images by which a batch is judged."""

ASKED = 8
"""Images with prompts that another image asks: those most like it."""

VOTE_WIDTH = 0.05
"""How much less farther cells say, in squared distance."""

PLACE = 0.25
"""Weight of the position beside features of other images."""

UNLIKE = 0.5
"""A batch is of one kind where its images, as a whole, are nearer than this to those
with prompts: median of their cells' squared distances over that among an image's own
cells. Of one kind: .0 to .6; mixed: .52 to 1.2. There the diffusion field of the batch
is joined with the votes, with a weight of one over the number of prompts: it is the
better at first, the votes are after five. In a mixed batch its eigenvectors tell the
kinds apart, so the votes are alone."""

LOWER = 0.025
"""Proposals are raised by this: they are rather too small."""

FAR = 0.44
"""An image lacks the thing where the thing's cells are farther from their nearest there
than this share of their distance to what surrounds the thing. Images that have it: .0
to .47; that lack it: .42 and more, with each of three networks' features. At .46 more
was wrongly found, and a click more often made another image worse."""

FARTHER = 0.15
"""Where all images are of one kind they may be farther by this."""

UNSURE = 0.03
"""Width of the steps from present to absent, and from one kind to several."""
