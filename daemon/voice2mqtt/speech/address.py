"""Where a Speech service is, and what it is called."""

from voice2mqtt.settings.speech_settings import ServiceSettings
from voice2mqtt.settings.yaml.redaction import shown_address

DEFAULT_HOST = "ws://127.0.0.1:5000"


def cloud_host(region: str) -> str:
    """Return the name at which the SDK looks for Azure's `region`; China has a cloud of its own."""
    company = "azure.cn" if region.startswith("china") else "microsoft.com"
    return f"{region}.stt.speech.{company}"


def host_url(service: ServiceSettings) -> str:
    """Return the address of the service, for people."""
    named = service.endpoint or service.host
    return shown_address(named or (service.region and f"Azure {service.region}") or DEFAULT_HOST)


def address_setting(service: ServiceSettings) -> str:
    """Return the setting that tells where the service is."""
    return next(
        (f"speech.{key}" for key in ("region", "endpoint") if getattr(service, key)), "speech.host"
    )


def service_name(service: ServiceSettings) -> str:
    """Return what answers and the log call the service."""
    return service.name or host_url(service)
