"""What the teams do with MLflow's own client: train, register, tag, propose. Modelspine has no part in this file.

Reads one command in JSON from each line, and answers each with one line of JSON.
"""

import json
import os
import sys
import time

os.environ["GIT_PYTHON_REFRESH"] = "quiet"

import mlflow
from mlflow import MlflowClient
from mlflow.models import infer_signature
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from sklearn.naive_bayes import GaussianNB
from sklearn.svm import SVC

MODEL = "digits"

# MLflow prints where a run can be seen.
answers, sys.stdout = sys.stdout, sys.stderr
images, labels = load_digits(return_X_y=True)
train_x, test_x, train_y, test_y = train_test_split(images, labels, test_size=0.5, random_state=0, stratify=labels)


def as_they_are(pixels):
    return pixels


def by_column(pixels):
    return pixels.reshape(-1, 8, 8).transpose(0, 2, 1).reshape(-1, 64)


RECIPES = {
    "bayes": ("a naive Bayes classifier", GaussianNB(), as_they_are),
    "svm": ("a support vector machine", SVC(gamma=0.001), as_they_are),
    "new-export": ("a support vector machine, on a new export of the data", SVC(gamma=0.001, C=10), by_column),
}


def connect(url):
    global client
    mlflow.set_tracking_uri(url)
    client = MlflowClient()


def train(recipe, tags):
    """Trains a classifier, measures it on digits that it has not seen, and registers it."""
    description, model, export = RECIPES[recipe]
    started = time.monotonic()
    features, unseen = export(train_x), export(test_x)
    model.fit(features, train_y)
    accuracy = model.score(unseen, test_y)
    with mlflow.start_run(run_name=recipe) as run:
        mlflow.log_input(mlflow.data.from_numpy(features, targets=train_y, name=f"{MODEL}-{recipe}"), context="training")
        mlflow.log_metric("accuracy", accuracy)
        logged = mlflow.sklearn.log_model(
            model,
            name="model",
            signature=infer_signature(features, model.predict(features)),
            # Else the client starts a process of its own to find them out.
            pip_requirements=["scikit-learn"],
        )
    version = mlflow.register_model(logged.model_uri, MODEL, tags=tags).version
    return {
        "version": version,
        "run": run.info.run_id,
        "description": description,
        "accuracy": accuracy,
        "tookMs": (time.monotonic() - started) * 1000,
    }


def tag(version, tags):
    for name, value in tags.items():
        client.set_model_version_tag(MODEL, version, name, value)


def propose(version):
    client.set_registered_model_alias(MODEL, "candidate", version)


def version_of(alias):
    return client.get_model_version_by_alias(MODEL, alias).version


def subscribe(url, secret):
    """Lets MLflow tell Modelspine of changes, so that it need not wait for its next look."""
    events = [
        "model_version.created",
        "model_version_tag.set",
        "model_version_tag.deleted",
        "model_version_alias.created",
        "model_version_alias.deleted",
    ]
    client.create_webhook("modelspine", url, events, secret=secret)


def requests():
    """The digits that no classifier was trained with, and what each of them is."""
    return {"pixels": test_x.astype(int).tolist(), "labels": test_y.tolist()}


COMMANDS = {each.__name__: each for each in (connect, train, tag, propose, version_of, subscribe, requests)}

for line in sys.stdin:
    command = json.loads(line)
    try:
        answer = {"result": COMMANDS[command["do"]](**command["with"])}
    except Exception as error:
        answer = {"error": f"{type(error).__name__}: {error}"}
    print(json.dumps(answer), file=answers, flush=True)
