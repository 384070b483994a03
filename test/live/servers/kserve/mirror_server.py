"""KServe's model server with two models: `mirror` answers with what it was given, `loading` never becomes ready."""

import sys
import uuid

import uvicorn
from kserve import InferOutput, InferRequest, InferResponse, Model, ModelServer
from kserve.errors import InvalidInput

PORT = int(sys.argv[1])


class Loopback(uvicorn.Config):
    """ModelServer has no option for its address and would listen on all of them."""

    def __init__(self, app, **options):
        super().__init__(app, **{**options, "host": "127.0.0.1"})


uvicorn.Config = Loopback


class Mirror(Model):
    def __init__(self, name, ready):
        super().__init__(name)
        self.ready = ready

    async def get_input_types(self):
        return [{"name": "values", "datatype": "FP32", "shape": [-1, 3]}]

    async def get_output_types(self):
        return await self.get_input_types()

    async def predict(self, payload: InferRequest, headers=None, response_headers=None):
        if any(tensor.name == "refused" for tensor in payload.inputs):
            raise InvalidInput("the tensor refused is not one of this model's")
        outputs = []
        for tensor in payload.inputs:
            output = InferOutput(tensor.name, list(tensor.shape), tensor.datatype)
            output.set_data_from_numpy(tensor.as_numpy(), binary_data=False)
            outputs.append(output)
        return InferResponse(
            payload.id or str(uuid.uuid4()),
            self.name,
            outputs,
            use_binary_outputs=payload.use_binary_outputs,
            requested_outputs=payload.request_outputs,
        )


server = ModelServer(http_port=PORT, enable_grpc=False)
# `start` registers those alone that are ready.
server.register_model(Mirror("loading", False))
server.start([Mirror("mirror", True)])
