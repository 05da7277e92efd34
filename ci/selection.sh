# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash disable=SC2034
# What `make bench` and `make accept` ask, beside all of target qemu.
# Footprints that are gated, of single operations.
footprint_selection='ipc.*,irq.signal,vm.exception,vm.map,hw.null_syscall'
# The ladder of mitigations: single shots alone, which give the counts of batches and take a tenth of their time.
ladder_options=(--ladder --select ipc.call.inter,hw.null_syscall --cmdline method=single)
# What tracing costs: the same calls in the instrumented build.
traced_options=(--select ipc.call.inter --cmdline 'trace=on floor=off method=single')
# Of Linux, one pattern: LINUX_SELECT='*' asks everything that baselines/linux has (much longer). On the host also `perf bench sched pipe`.
linux_selection=${LINUX_SELECT:-linux.@(null_syscall|dev_*|sched_yield|pipe|sysv_*|unix_*|shm_spin|vm).*}
linux_host_selection=${LINUX_SELECT:-linux.@(null_syscall|pipe|sysv_*|unix_*|crosscheck).*}
# LINUX_SIZE=full: payloads up to 1 MiB, all placements; under linux-qemu with fewer samples, and much longer all the same.
linux_guest_options=() linux_host_options=()
if [ "${LINUX_SIZE:-short}" = full ]; then
    linux_guest_options=(--cmdline 'tollgate.size=full tollgate.samples=100' --timeout 7200)
    linux_host_options=(--cmdline tollgate.size=full --timeout 3600)
fi
# Everything that Linux is asked, in two boots that must agree to the digit; the same in the same order under the kernel's own choice of mitigations, so
# that nothing else differs; and messages under the normal scheduling policy.
linux_mitigations_options=(--cmdline 'tollgate.size=full tollgate.samples=100' --timeout 7200)
linux_full_options=("${linux_mitigations_options[@]}" --boots 2)
linux_other_options=(--select 'linux.!(crosscheck|process|vm|context_switch).*' --cmdline 'tollgate.scheduling=other tollgate.samples=100' --timeout 3600)
# What tables of papers need beyond that (baselines/published/tables), as references of their own: two CPUs, steps of a call and of a getpid by message.
smp_options=(--cpus 2 --select 'smp.*')
steps_options=(--select 'ipc.breakdown,posix.getpid.steps' --cmdline 'trace=on floor=off')
# Misses of section 6.3 in a model of the paper's caches, not gated: any change of the kernel moves its lines, and some of them meet.
colours_options=(--misses --select vm.colours --l1d 8K:2 --l2 256K:1)
