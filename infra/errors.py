"""What a person who deploys can put right."""


class ConfigurationError(Exception):
    """The command, cdk.json or a file is not as the app expects; the message says what to do."""
