"""Name the brands in pictures: python serve.py cup.jpg street.jpg

It prints a line of JSON for each picture. The exit code is 1 if one cannot be read. Install what it
needs, for Python 3.11 or newer: pip install -r requirements.txt
"""

import json
import sys
from pathlib import Path

from logoflow.inference.exported_model import ExportedModel

if __name__ == "__main__":
    model = ExportedModel(Path(__file__).with_name("model.onnx"))
    failed = False
    for path in sys.argv[1:]:
        answer = model.predict(path)
        print(json.dumps(answer, ensure_ascii=False), flush=True)
        failed |= answer["status"] != "ok"
    sys.exit(failed)
