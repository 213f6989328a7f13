# A Jupyter client for nbconvert that waits for all that a cell shows: Deno's kernel may say that it is idle before the
# last output is there, which nbconvert then loses.
from queue import Empty

from jupyter_client.asynchronous.client import AsyncKernelClient
from jupyter_client.channels import AsyncZMQSocketChannel
from traitlets import Type

GRACE = 1  # seconds


def is_idle(message):
    return message["msg_type"] == "status" and message["content"]["execution_state"] == "idle"


class PatientChannel(AsyncZMQSocketChannel):
    """Keeps "idle" back until nothing else has come for a while."""

    kept = None

    async def get_msg(self, timeout=None):
        try:
            message = await super().get_msg(GRACE if self.kept else timeout)
        except Empty:
            if not self.kept:
                raise
            message, self.kept = self.kept, None
            return message
        if not is_idle(message):
            return message
        message, self.kept = self.kept, message
        return message or await self.get_msg(timeout)


class PatientClient(AsyncKernelClient):
    iopub_channel_class = Type(PatientChannel)
