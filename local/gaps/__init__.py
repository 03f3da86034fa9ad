"""Where the pinned MiniStack differs from AWS in what the workflows need, closed by wrapping its functions.

Each function of these modules closes one gap and says what AWS does and what MiniStack 1.5.33 does. For each,
tests/local has a test that the gap is closed, and one that fails once MiniStack closes it itself: then the function can
go.
"""

from local.gaps import callbacks, executions, invocations, redrive, transport


def close_all() -> None:
    """Close every gap; call once, before MiniStack serves its first request."""
    transport.count_as_encrypted()
    invocations.queue_invocations()
    invocations.retry_failed_records()
    invocations.report_memory()
    executions.repeat_starts()
    executions.end_once()
    executions.time_out_machines()
    executions.explain_status_events()
    callbacks.give_attempts_tokens()
    callbacks.fail_with_the_lambda()
    callbacks.answer_once()
    callbacks.authorize_by_machine()
    redrive.move_messages()
    redrive.authorize_by_source()
