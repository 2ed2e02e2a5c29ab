"""Settings from the environment (``FINETOUCH_*``) with their defaults."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Every value can be set as an environment variable, e.g. ``FINETOUCH_MAX_PIXELS=2e8``.

    Attributes:
        preset: Preset used when none is named.
        device: "auto", "cpu", "cuda", "mps".
        max_pixels: Largest picture that is opened, in pixels (guards against decompression bombs).
        cache_dir: Where downloaded models live; None: the cache of Hugging Face, shared with other programs.
        offline: Never go online (``HF_HUB_OFFLINE=1`` says the same).
        threads: Threads for the bundled networks; 0 leaves the choice to the runtime.
        memory: Bytes that models may take together; 0: nine tenths of what the device has free.
        remote_code: Run Python code that comes with downloaded models.
        vlm_url: An OpenAI-compatible server that reads instructions, e.g. ``http://localhost:11434/v1`` (Ollama).
        vlm_model: The name of a model there; "" takes the first one it offers.
        vlm_key: Its key; never written anywhere. vlm_timeout: Seconds to wait for one answer.
    """

    model_config = SettingsConfigDict(env_prefix="FINETOUCH_", extra="ignore")

    preset: str = "embedded"
    device: str = "auto"
    max_pixels: float = Field(default=120e6, gt=0)
    cache_dir: Path | None = None
    offline: bool = False
    threads: int = 0
    memory: float = Field(default=0, ge=0)
    remote_code: bool = False
    vlm_url: str = ""
    vlm_model: str = ""
    vlm_key: SecretStr = SecretStr("")
    vlm_timeout: float = Field(default=120, gt=0)


@cache
def settings() -> Settings:
    """The settings of this process, read once."""
    return Settings()
