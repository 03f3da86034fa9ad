"""The process of the local cloud: MiniStack with its gaps closed, started by `local.cloud`."""

import sys
from pathlib import Path

HOST = "127.0.0.1"


def environment(port: int, temporary: Path) -> dict[str, str]:
    """The variables MiniStack reads, some of which its Lambdas inherit.

    port: where it listens, on loopback only. temporary: the folder that takes every file it and its Lambdas write.
    """
    return {
        "BIND_HOST": HOST,
        "GATEWAY_PORT": str(port),
        "AUTH": "true",  # IAM is enforced
        "PERSIST_STATE": "0",
        "S3_PERSIST": "0",
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        "LAMBDA_WARM_TTL_SECONDS": "30",  # of a Lambda's second and further processes, once idle
        "TMPDIR": str(temporary),
        "LAMBDA_PYTHON": sys.executable,
        # By number: boto3 then puts a bucket's name into the path, for <bucket>.localhost may not resolve.
        "AWS_ENDPOINT_URL": f"http://{HOST}:{port}",
        "NO_PROXY": f"localhost,{HOST}",
        "no_proxy": f"localhost,{HOST}",
    }


def main() -> None:
    """Serve until ended. MiniStack is imported here only, for it reads its environment when it is imported."""
    from ministack.app import main as serve

    from local.gaps import close_all

    close_all()
    serve()


if __name__ == "__main__":
    main()
