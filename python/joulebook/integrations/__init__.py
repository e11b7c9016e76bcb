# SPDX-License-Identifier: Apache-2.0
"""Callbacks for training frameworks; each module imports its framework.

    joulebook.integrations.huggingface.JoulebookCallback    transformers.Trainer(callbacks=[...])
    joulebook.integrations.lightning.JoulebookCallback      lightning.Trainer(callbacks=[...])
    joulebook.integrations.keras.JoulebookCallback          model.fit(callbacks=[...])

They tell epochs and how many there will be, steps, and the phase "evaluate". They start no run: put ``joulebook.run()`` around the training, or use
``joulebook run``.
"""
