"""KServe's model server with one model out of MLflow. It speaks the Open Inference Protocol.

usage: serve.py URI NAME PORT
"""

import logging
import os
import sys
import uuid
import warnings

os.environ["GIT_PYTHON_REFRESH"] = "quiet"

import mlflow.pyfunc
import uvicorn
from kserve import InferOutput, InferRequest, InferResponse, Model, ModelServer

uri, name, port = sys.argv[1:]
# Several lines for each request cost more than the prediction.
logging.disable(logging.INFO)
warnings.simplefilter("ignore")


class Loopback(uvicorn.Config):
    """In a container the server listens on all addresses. Here only this machine may ask it."""

    def __init__(self, app, **options):
        super().__init__(app, **{**options, "host": "127.0.0.1"})


uvicorn.Config = Loopback


class Registered(Model):
    def load(self):
        self.model = mlflow.pyfunc.load_model(uri)
        self.ready = True

    async def predict(self, payload: InferRequest, headers=None, response_headers=None):
        labels = self.model.predict(payload.inputs[0].as_numpy())
        output = InferOutput("label", list(labels.shape), "INT64")
        output.set_data_from_numpy(labels, binary_data=False)
        return InferResponse(payload.id or str(uuid.uuid4()), self.name, [output])


model = Registered(name)
model.load()
ModelServer(http_port=int(port), enable_grpc=False, enable_latency_logging=False).start([model])
