"""Tell the brand in pictures: python serve.py cup.jpg street.jpg (onnxruntime, numpy, Pillow)."""

import json
import sys
from pathlib import Path

import numpy as np
import onnxruntime
from PIL import Image, ImageOps

session = onnxruntime.InferenceSession(str(Path(__file__).with_name("model.onnx")))
told = {key: json.loads(text) for key, text in session.get_modelmeta().custom_metadata_map.items()}
size = np.array(told["size"])
for path in sys.argv[1:]:
    photo = ImageOps.exif_transpose(Image.open(path)).convert("RGB")
    part = photo.size if told["resized"] else size * min(1, *(photo.size / size))
    start = (photo.size - np.array(part)) // 2
    photo = photo.resize(told["size"], Image.BOX, box=(*start, *(start + part)))
    data = (np.asarray(photo) - told["mean"]) / told["std"]
    data = data.transpose(2, 0, 1)[None].astype(np.float32)
    print(path, told["classes"][session.run(["logits"], {"data": data})[0].argmax()])
