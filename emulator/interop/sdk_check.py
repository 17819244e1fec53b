"""Drives a running emulator with the official Python SDK.

Usage: sdk_check.py <path of emulator.json>

Prints a line per check and "N passed, M failed"; exits 1 when a check failed. Start the emulator
with --gpus 2, and with --time-scale 0.05 or so, to have it quick.
"""

import json
import sys
import time

from alibabacloud_aiworkspace20210204 import models as aiworkspace
from alibabacloud_aiworkspace20210204.client import Client as AiWorkspaceClient
from alibabacloud_pai_dlc20201203 import models as dlc
from alibabacloud_pai_dlc20201203.client import Client as DlcClient
from alibabacloud_sts20150401.client import Client as StsClient
from alibabacloud_tea_openapi.models import Config

WAIT_SECONDS = 60
FINAL = {"Succeeded", "Failed", "Stopped"}

passed = failed = 0


def check(what, holds, detail=""):
    global passed, failed
    passed, failed = (passed + 1, failed) if holds else (passed, failed + 1)
    print(f"{'ok  ' if holds else 'FAIL'} {what} {'' if holds else detail}".rstrip(), flush=True)


def refused(what, status, code_end, call):
    """The call must fail with the SDK's typed error."""
    try:
        call()
    except Exception as error:
        got = (getattr(error, "status_code", None) or getattr(error, "statusCode", None),
               str(getattr(error, "code", "")))
        check(what, got[0] == status and got[1].endswith(code_end), f"got {got}: {error}")
        return str(getattr(error, "message", error))
    check(what, False, "the call succeeded")
    return ""


def connect(path):
    with open(path, encoding="utf-8") as file:
        found = json.load(file)
    settings = {
        "access_key_id": found["access_key_id"],
        "access_key_secret": found["access_key_secret"],
        "security_token": found.get("security_token"),
        "endpoint": found["endpoint"].removeprefix("http://"),
        "region_id": "cn-hangzhou",
        "protocol": "http",
    }
    clients = [client(Config(**settings)) for client in (DlcClient, AiWorkspaceClient, StsClient)]
    return settings, *clients, found["workspace_id"]


def create(client, workspace, name, command, **more):
    spec = dlc.JobSpec(
        type="Worker", pod_count=more.pop("pods", 1), image="any:1",
        resource_config=dlc.ResourceConfig(cpu="2", memory="4Gi", gpu="1"),
    )
    request = dlc.CreateJobRequest(
        display_name=name, job_type="PyTorchJob", workspace_id=workspace,
        user_command=command, job_specs=[spec], **more,
    )
    return client.create_job(request).body.job_id


def until(client, job_id, wanted):
    """Polls as SDK users do; there is nothing else to wait on."""
    end = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < end:
        job = client.get_job(job_id, dlc.GetJobRequest(need_detail=True)).body
        if job.status in wanted:
            return job
        time.sleep(0.05)
    raise TimeoutError(f"{job_id} did not become {wanted}")


def check_changes(client, workspace):
    """UpdateJob and DeleteJob, on a job that waits for more GPUs than there are."""
    job_id = create(client, workspace, "sdk-check-queued", "true", pods=3, resource_id="quota1")
    until(client, job_id, {"Queuing"})
    update = dlc.UpdateJobRequest(priority=9, accessibility="PUBLIC", description="changed")
    check("UpdateJob answers with the id", client.update_job(job_id, update).body.job_id == job_id)
    job = client.get_job(job_id, dlc.GetJobRequest()).body
    check("and GetJob shows what it changed",
          (job.priority, job.accessibility, job.description) == (9, "PUBLIC", "changed"), job)
    refused("UpdateJob makes nothing private", 400, "InvalidParameter",
            lambda: client.update_job(job_id, dlc.UpdateJobRequest(accessibility="PRIVATE")))

    message = refused("DeleteJob of a job that lives is refused", 400, "",
                      lambda: client.delete_job(job_id))
    check("and says why", "can't be deleted, because it is Queuing" in message, message)
    client.stop_job(job_id)
    until(client, job_id, FINAL)
    check("DeleteJob answers with the id", client.delete_job(job_id).body.job_id == job_id)
    refused("a deleted job is gone", 404, "NotFound",
            lambda: client.get_job(job_id, dlc.GetJobRequest()))
    listed = client.list_jobs(dlc.ListJobsRequest(job_ids=job_id)).body
    check("and in no list", listed.total_count == 0, listed)


def check_kept(client, workspace):
    """A job that is kept after its end, and let go early."""
    settings = dlc.JobSettings(job_reserved_minutes=60, tags={"made-by": "sdk-check"})
    job_id = create(client, workspace, "sdk-check-kept", "true", settings=settings)
    job = until(client, job_id, {"SucceededReserving"} | FINAL)
    check("a job that asks for it is kept", job.status == "SucceededReserving", job.status)
    check("GetJob gives the settings back", job.settings.to_map() == settings.to_map(), job.settings)
    client.stop_job(job_id)
    job = until(client, job_id, FINAL)
    check("and let go with its own end", job.status == "Succeeded", job.status)


def check_code_sources(client):
    """GetCodeSource and UpdateCodeSource."""
    get = lambda source_id: client.get_code_source(source_id, aiworkspace.GetCodeSourceRequest()).body
    source = get("code-demo")
    check("GetCodeSource tells the branch", source.code_branch == "main", source.code_branch)
    check("and the token in clear", source.code_repo_access_token)
    update = aiworkspace.UpdateCodeSourceRequest(code_branch="dev", code_commit="abc123")
    done = client.update_code_source("code-demo", update).body
    check("UpdateCodeSource answers with the id", done.code_source_id == "code-demo", done)
    source = get("code-demo")
    check("and GetCodeSource shows what it changed", (source.code_branch, source.code_commit) ==
          ("dev", "abc123"), (source.code_branch, source.code_commit))
    refused("a code source that is not there has a number", 400, "201400002", lambda: get("code-none"))


def main():
    settings, client, workspaces, sts, workspace = connect(sys.argv[1])

    identity = sts.get_caller_identity().body
    check("GetCallerIdentity tells the user", identity.identity_type == "RAMUser" and identity.user_id)

    name = "sdk-check-训练_1.0"
    command = 'echo "out $GREETING"; echo err >&2; echo "rank $RANK of $WORLD_SIZE"'
    job_id = create(client, workspace, name, command, envs={"GREETING": "hi"}, pods=2, priority=3)
    check("CreateJob returns an id", job_id.startswith("dlc") and len(job_id) == 16, job_id)

    job = until(client, job_id, FINAL)
    check("the job succeeds", job.status == "Succeeded", f"{job.status} {job.reason_message}")
    check("GetJob gives amounts as numbers", job.request_gpu == 2.0 and job.request_cpu == 4)
    states = [item.status for item in job.status_history]
    check("GetJob has the history", states == ["Creating", "Queuing", "EnvPreparing", "Running", "Succeeded"],
          states)
    pods = [pod.pod_id for pod in job.pods]
    check("GetJob lists the pods", pods == [f"{job_id}-worker-0", f"{job_id}-worker-1"], pods)
    check("GetJob gives the envs back", job.envs == {"GREETING": "hi"}, job.envs)

    logs = client.get_pod_logs(
        job_id, pods[1], dlc.GetPodLogsRequest(max_lines=10, pod_uid=job.pods[1].pod_uid)
    ).body.logs
    check("GetPodLogs has both streams in order", logs == ["out hi", "err", "rank 1 of 2"], logs)
    last = client.get_pod_logs(job_id, pods[0], dlc.GetPodLogsRequest(max_lines=1)).body.logs
    check("GetPodLogs respects MaxLines", len(last) == 1, last)

    listed = client.list_jobs(dlc.ListJobsRequest(
        workspace_id=workspace, display_name="训练", show_own=True, start_time="1970-01-01T00:00:00Z",
        sort_by="GmtCreateTime", order="asc", page_number=1, page_size=100,
    )).body
    found = [item for item in listed.jobs if item.job_id == job_id]
    check("ListJobs finds it by a part of its name", len(found) == 1, listed)
    check("ListJobs gives amounts as strings", found and found[0].request_gpu == "2", found)
    by_ids = client.list_jobs(dlc.ListJobsRequest(job_ids=f"{job_id},dlcother")).body
    check("ListJobs takes JobIds", by_ids.total_count == 1, by_ids.total_count)

    specs = client.list_ecs_specs(dlc.ListEcsSpecsRequest(instance_types="ecs.gn6i-c4g1.xlarge")).body
    check("ListEcsSpecs tells what a type has", [(spec.cpu, spec.memory, spec.gpu, spec.gpu_type)
          for spec in specs.ecs_specs] == [(4, 15, 1, "T4")], specs)
    refused("ListEcsSpecs refuses an order", 400, "InvalidParameter",
            lambda: client.list_ecs_specs(dlc.ListEcsSpecsRequest(sort_by="CPU")))

    long_id = create(client, workspace, "sdk-check-stop", "sleep 1000")
    until(client, long_id, {"Running"})
    check("StopJob answers with the id", client.stop_job(long_id).body.job_id == long_id)
    stopped = until(client, long_id, FINAL)
    check("the job is stopped", (stopped.status, stopped.reason_code) == ("Stopped", "JobStoppedByUser"),
          (stopped.status, stopped.reason_code))

    check_changes(client, workspace)
    check_kept(client, workspace)
    check_code_sources(workspaces)

    message = refused("StopJob of a finished job is refused", 400, "", lambda: client.stop_job(long_id))
    check("and says why", "can't be stopped" in message, message)
    refused("GetJob of an unknown job is refused", 404, "NotFound",
            lambda: client.get_job("dlcdoesnotexist", dlc.GetJobRequest()))
    refused("logs of an unknown pod are refused", 404, "NotFound",
            lambda: client.get_pod_logs(job_id, f"{job_id}-worker-9", dlc.GetPodLogsRequest()))
    refused("a bad name is refused", 400, "InvalidParameter",
            lambda: create(client, workspace, "no spaces", "true"))
    refused("an operation that is not emulated is refused", 404, "InvalidApi.NotFound",
            lambda: client.list_tensorboards(dlc.ListTensorboardsRequest()))
    stranger = DlcClient(Config(**{**settings, "access_key_secret": "wrong"}))
    refused("a wrong secret is refused", 400, "SignatureDoesNotMatch",
            lambda: stranger.list_jobs(dlc.ListJobsRequest()))

    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
