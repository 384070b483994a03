"""Speaks to the gateway as people who come from KServe and Triton do, and prints what they got as JSON."""

import asyncio
import json
import sys

import numpy
import tritonclient.http as triton
from kserve import InferenceRESTClient, InferInput, InferRequest, RESTConfig
from tritonclient.utils import InferenceServerException

URL, MODEL = sys.argv[1:3]
VALUES = numpy.array([[1.5, 2.0, -3.25]], dtype=numpy.float32)


async def with_kserve(binary):
    client = InferenceRESTClient(RESTConfig(protocol="v2"))
    tensor = InferInput("values", [1, 3], "FP32")
    tensor.set_data_from_numpy(VALUES, binary_data=binary)
    request = InferRequest(MODEL, [tensor], "one", parameters={"binary_data_output": binary})
    headers = {}
    reply = await client.infer(URL, request, model_name=MODEL, response_headers=headers)
    ready = await client.is_server_ready(URL) and await client.is_model_ready(URL, MODEL)
    await client.close()
    return {
        "id": reply.id,
        "ready": ready,
        "split": headers.get("inference-header-content-length") is not None,
        "values": reply.outputs[0].as_numpy().tolist(),
    }


def with_triton(binary):
    with triton.InferenceServerClient(URL.removeprefix("http://")) as client:
        tensor = triton.InferInput("values", [1, 3], "FP32")
        tensor.set_data_from_numpy(VALUES, binary_data=binary)
        # Without a list of outputs this client asks for all of them in binary.
        wanted = None if binary else [triton.InferRequestedOutput("values", binary_data=False)]
        reply = client.infer(MODEL, [tensor], outputs=wanted, request_id="two")
        try:
            client.infer("nobody", [tensor])
            refusal = None
        except InferenceServerException as error:
            refusal = [error.status(), error.message()]
        return {
            "id": reply.get_response()["id"],
            "ready": client.is_server_live() and client.is_server_ready() and client.is_model_ready(MODEL),
            "metadata": client.get_model_metadata(MODEL)["name"],
            "refusal": refusal,
            "values": reply.as_numpy("values").tolist(),
        }


answers = {
    "kserve": asyncio.run(with_kserve(False)),
    "kserveBinary": asyncio.run(with_kserve(True)),
    "triton": with_triton(False),
    "tritonBinary": with_triton(True),
}
print(json.dumps(answers))
