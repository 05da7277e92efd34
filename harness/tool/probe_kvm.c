/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Whether KVM can be measured with. A /dev/kvm that exists proves nothing: nested and filtered ones abort on an MSR, emulate
 * ring 0 at a thousand cycles an instruction, or hang. So the kernel itself is started with one small workload and a time limit,
 * and its fidelity self-test decides.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "harness/tool/emulator.h"
#include "harness/tool/file.h"
#include "harness/tool/rawlog.h"

#define PROBE_TIME_LIMIT_S 20
#define PROBE_SELECT "hw.null_syscall"
#define PROBE_LOG_BYTES_MAX (16u << 20)

static bool device_check(struct finding *finding)
{
    int fd = open("/dev/kvm", O_RDWR | O_CLOEXEC);
    if (fd < 0) {
        if (errno == ENOENT)
            finding_fails(finding, "switch virtualisation on in the firmware and load kvm_intel or kvm_amd", "there is no /dev/kvm");
        else
            finding_fails(finding, "add yourself to the group kvm: adduser $USER kvm", "/dev/kvm: %s", strerror(errno));
        return false;
    }
    int version = ioctl(fd, KVM_GET_API_VERSION, 0);
    close(fd);
    if (version == KVM_API_VERSION)
        return true;
    finding_fails(finding, "use a Linux kernel with KVM", "/dev/kvm speaks version %d of its interface, not %d", version, KVM_API_VERSION);
    return false;
}

static const char not_measurable[] = "none on this machine: use target qemu, or a host whose KVM is not filtered or nested";

/* The first line of text, for a message. */
static void reason_line(const char *path, char *line, size_t bytes)
{
    char *text;
    size_t size;
    snprintf(line, bytes, "it said nothing");
    if (!file_read(path, PROBE_LOG_BYTES_MAX, &text, &size, NULL))
        return;
    if (size > 0)
        snprintf(line, bytes, "%.*s", (int)strcspn(text, "\r\n"), text);
    free(text);
}

/* What the log of a guest that ended well says about the clock. */
static void fidelity_check(const struct run_plan *plan, struct finding *finding)
{
    struct rawlog log;
    struct error e;
    if (!rawlog_read(plan->serial, false, &log, &e)) {
        finding_fails(finding, not_measurable, "the probe guest's log: %.400s", e.text);
        return;
    }
    const char *fidelity = json_string_value(json_object_get(log.context, "fidelity"));
    const char *nops = json_string_value(json_object_get(log.context, "nops1000"));
    if (fidelity && strcmp(fidelity, "virtual") == 0 && log.ok && log.row_count > 0)
        finding_works(finding);
    else
        finding_fails(finding, not_measurable, "the probe guest's self-test says fidelity=%s (1000 NOPs take %s ticks)",
                      fidelity ? fidelity : "?", nops ? nops : "?");
    rawlog_free(&log);
}

static void guest_run(const struct run_plan *plan, struct finding *finding)
{
    struct launch launch = { 0 };
    struct error e;
    char said[256];
    if (!target_find("kvm")->prepare(target_find("kvm"), plan, &launch, &e)) {
        finding_fails(finding, "", "%s", e.text);
        return;
    }
    struct process_spec spec = { .arguments = &launch.arguments, .output_path = plan->log, .time_limit_s = PROBE_TIME_LIMIT_S };
    struct process_end end = process_run(&spec);
    launch_free(&launch);
    reason_line(plan->log, said, sizeof said);
    switch (end.outcome) {
    case PROCESS_EXITED:
        if (emulator_qemu_judge(plan, end.status, &e))
            fidelity_check(plan, finding);
        else
            finding_fails(finding, not_measurable, "the probe guest: %s; %s", e.text, said);
        return;
    case PROCESS_TIMED_OUT:
        finding_fails(finding, not_measurable, "the probe guest was not done after %d s", PROBE_TIME_LIMIT_S);
        return;
    case PROCESS_NOT_STARTED:
        finding_fails(finding, "", "the emulator did not start: %s", strerror(end.status));
        return;
    case PROCESS_INTERRUPTED:
        finding_fails(finding, "", "the probe was interrupted");
        return;
    default:
        finding_fails(finding, not_measurable, "the emulator died of signal %d (%s); %s", end.status, strsignal(end.status), said);
    }
}

static void probe_run(const char *emulator, struct finding *finding)
{
    char folder[] = "/tmp/tollgate-kvm-XXXXXX", serial[64], log[64];
    if (!mkdtemp(folder)) {
        finding_fails(finding, "make /tmp writable", "%s: %s", folder, strerror(errno));
        return;
    }
    snprintf(serial, sizeof serial, "%s/serial", folder);
    snprintf(log, sizeof log, "%s/log", folder);
    struct run_plan plan = { .select = PROBE_SELECT, .cmdline = "", .cpus = 1, .emulator = emulator, .folder = folder, .serial = serial, .log = log };
    guest_run(&plan, finding);
    unlink(serial);
    unlink(log);
    rmdir(folder);
}

void kvm_probe(const char *emulator, struct finding *finding)
{
    static struct finding kept;
    static bool done;
    if (!done && device_check(&kept))
        probe_run(emulator, &kept);
    done = true;
    *finding = kept;
}
