"""Logs classifiers of irises with MLflow's own client and registers them. Prints what was logged as JSON.

usage: log_models.py URL PREFIX
"""

import json
import os
import sys

os.environ["GIT_PYTHON_REFRESH"] = "quiet"

import mlflow
from mlflow import MlflowClient
from mlflow.models import infer_signature
from sklearn.datasets import load_iris
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LogisticRegression

url, prefix = sys.argv[1:]
mlflow.set_tracking_uri(url)
mlflow.set_experiment(f"{prefix}-irises")
iris = load_iris(as_frame=True)
table, labels = iris.data, iris.target
numbers = table.to_numpy()
# Else the client starts a process of its own to find them out, which takes half a minute.
requirements = ["scikit-learn"]
said = {"commit": "0123456789abcdef0123456789abcdef01234567", "dataset": "irises"}


def log(name, model, signature, features):
    with mlflow.start_run() as run:
        mlflow.set_tag("mlflow.source.git.commit", said["commit"])
        mlflow.log_input(mlflow.data.from_pandas(iris.frame, name=said["dataset"]), context="training")
        mlflow.log_metric("accuracy", model.score(features, labels))
        info = mlflow.sklearn.log_model(
            model, name="model", registered_model_name=name, signature=signature, pip_requirements=requirements
        )
        mlflow.log_metric("late", 0.5)
    said[name.removeprefix(f"{prefix}-") + info.registered_model_version] = {
        "version": info.registered_model_version,
        "run": run.info.run_id,
        "model": info.model_id,
        "accuracy": model.score(features, labels),
        "prediction": [int(each) for each in model.predict(features[:3])],
    }


good = LogisticRegression(max_iter=500).fit(table, labels)
poor = DummyClassifier(strategy="constant", constant=1).fit(table, labels)
frame = infer_signature(table, good.predict(table))
log(f"{prefix}-frame", good, frame, table)
log(f"{prefix}-frame", poor, frame, table)
plain = LogisticRegression(max_iter=500).fit(numbers, labels)
log(f"{prefix}-tensor", plain, infer_signature(numbers, plain.predict_proba(numbers)), numbers)
log(f"{prefix}-bare", plain, None, numbers)

client = MlflowClient()
client.set_registered_model_alias(f"{prefix}-frame", "champion", "1")
client.set_model_version_tag(f"{prefix}-frame", "1", "modelspine.approval", "approved")
client.copy_model_version(f"models:/{prefix}-frame/1", f"{prefix}-copy")

# As MLflow 1 and 2 did it: files of a run, with the run's own address.
with mlflow.start_run() as run:
    folder = mlflow.artifacts.download_artifacts(f"models:/{prefix}-frame/1")
    mlflow.log_artifacts(folder, "nested/model")
client.create_registered_model(f"{prefix}-classic")
client.create_model_version(f"{prefix}-classic", f"runs:/{run.info.run_id}/nested/model", run.info.run_id)
said["classic1"] = {"version": "1", "run": run.info.run_id}
print(json.dumps(said))
