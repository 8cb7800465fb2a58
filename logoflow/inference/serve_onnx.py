"""Classify pictures: python serve.py cup.jpg street.jpg (needs onnxruntime, numpy and Pillow)."""

import json
import sys
from pathlib import Path

import numpy as np
import onnxruntime
from PIL import Image, ImageOps

session = onnxruntime.InferenceSession(str(Path(__file__).with_name("model.onnx")))
stored = session.get_modelmeta().custom_metadata_map
metadata = {key: json.loads(text) for key, text in stored.items()}
size = np.array(metadata["size"])
for path in sys.argv[1:]:
    photo = ImageOps.exif_transpose(Image.open(path)).convert("RGB")
    part = photo.size if metadata["resized"] else size * min(1, *(photo.size / size))
    start = (photo.size - np.array(part)) // 2
    photo = photo.resize(metadata["size"], Image.BOX, box=(*start, *(start + part)))
    data = (np.asarray(photo) - metadata["mean"]) / metadata["std"]
    data = data.transpose(2, 0, 1)[None].astype(np.float32)
    print(path, metadata["classes"][session.run(["logits"], {"data": data})[0].argmax()])
