"""Segments of one image as `supervision.Detections`."""

from __future__ import annotations

from typing import Any

import numpy as np

from ncut_widget.core.extras import needs
from ncut_widget.results.labelled import Labelled
from ncut_widget.results.table import tabulate


def to_detections(labelled: Labelled) -> Any:
    """Return the single things in one image as `supervision.Detections`."""
    with needs("supervision"):
        import supervision

    labelled.require_segments()
    if not labelled.chosen:
        return supervision.Detections.empty()
    (image,) = labelled.chosen
    table = tabulate(labelled)
    masks, class_id = [], []
    for number, segment in labelled.numbered:
        instances = segment.full_instances()[image]
        for instance in range(1, int(instances.max()) + 1):
            masks.append(instances == instance)
            class_id.append(number - 1)
    if not masks:
        return supervision.Detections.empty()
    box = [table[f"bbox-{axis}"] for axis in (1, 0, 3, 2)]
    return supervision.Detections(
        xyxy=np.stack(box, axis=1).astype(np.float32),
        mask=np.stack(masks),
        class_id=np.array(class_id),
        confidence=np.clip(table["similarity"], 0, 1).astype(np.float32),
        data={"class_name": table["segment"], "instance": table["label"]},
    )
