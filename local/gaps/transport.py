"""How requests reach the cloud."""

from ministack import app


def count_as_encrypted() -> None:
    """Let requests over plain HTTP count as encrypted.

    AWS is reached over HTTPS, and policies of queues, topics and buckets refuse anything else by aws:SecureTransport.
    MiniStack listens on plain HTTP, here on loopback only, so that such a policy would refuse every request.
    """
    pin = app.pin_request_origin

    def pin_encrypted(source_ip: str, _secure_transport: bool) -> None:
        pin(source_ip, True)

    app.pin_request_origin = pin_encrypted
