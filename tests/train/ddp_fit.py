"""Run by test_ddp.py as a script: Lightning starts the second process by running the same command again."""

import sys
from pathlib import Path

from safetensors.torch import save_file

from timeshare.core.artifacts import write_json
from timeshare.core.prepared.store import PreparedData
from timeshare.models.saved import Blueprint
from timeshare.train.fit import fit
from timeshare.train.settings import TrainerSettings, TrainSettings

if __name__ == "__main__":
    blueprint, prepared, target, devices = sys.argv[1:]
    fitted = fit(
        Blueprint.load(Path(blueprint)),
        PreparedData.open(Path(prepared)),
        train=TrainSettings(max_epochs=2, patience=2, batch_size=15, learning_rate=0.01),
        trainer=TrainerSettings(
            accelerator="cpu", devices=int(devices), strategy="ddp" if int(devices) > 1 else "auto", threads=1
        ),
        seed=3,
        checkpoints=Path(target) / "checkpoints",
        publish=lambda epoch, figures: None,
        publish_loss=lambda step, loss: None,
    )
    if fitted.is_global_zero:
        save_file(fitted.classifier.state_dict(), Path(target) / "weights.safetensors")
        write_json(Path(target) / "curves.json", fitted.curves)
