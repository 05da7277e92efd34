/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The root task's session: facts of the machine, then every selected program, then the end record and the exit code. The session
 * goes on whatever a program reports, and when it fails or crashes. No program gets a priority as high as root's, so that with limit=
 * root ends one that keeps the processor or never asks for anything. Without, root sets no timer, which would be seen in what is
 * measured; `tollgate run` has a limit of its own. What stops the session early leaves no end record.
 */
#include "kernel/boot/archive.h"
#include "workloads/lib/object.h"
#include "workloads/lib/program.h"
#include "workloads/lib/service.h"
#include "workloads/lib/text.h"
#include "workloads/servers/root.h"
#include "workloads/servers/root_pages.h"
#include "workloads/servers/root_screen.h"
#include "workloads/servers/root_shell.h"
#include "workloads/servers/root_watchdog.h"

#define PROGRAMS_MAX 1024
#define ROOT_QUANTUM_US PROGRAM_QUANTUM_US

struct session_state {
    struct root_options options;
    enum fidelity fidelity;
    bool floor;                /* IPC is measured: also what it cannot avoid */
    uint64_t selected;         /* programs run, those for the floor alone not among them */
    bool ok;
    bool ran[PROGRAMS_MAX];    /* by their place in the archive */
};

static struct session_state session;

static const char *const folder_workload = "workload/", *const folder_test = "test/";

/* --- the floor: without its rows an IPC's row tells no distance to it (results/FORMAT.md section 2) */

static const char *floor_page_table(void)
{
    return (root_info()->cpu_features & CPU_FEATURE_PCID) != 0 ? "hw.page_table_switch_pcid" : "hw.page_table_switch";
}

static bool is_floor(const char *id)
{
    return text_equal(id, "hw.syscall_sysret") || text_equal(id, floor_page_table());
}

/* Whether IPC is selected; what of the floor is not is named by a context record. */
static void floor_decide(struct session_state *s)
{
    static const char prefix[] = "workload/ipc.";
    struct archive archive;
    struct archive_entry entry;

    if (!s->options.run_workloads || s->options.no_floor)
        return;
    archive_open(&archive, (const void *)ROOT_ARCHIVE_ADDRESS, root_info()->archive_bytes);
    while (archive_next(&archive, &entry) == ARCHIVE_ENTRY)
        s->floor |= text_starts(entry.name, prefix) && text_matches(s->options.select, entry.name + text_length(folder_workload));
    bool system_call = s->floor && !text_matches(s->options.select, "hw.syscall_sysret");
    bool page_table = s->floor && !text_matches(s->options.select, floor_page_table());
    struct text t;
    text_init(&t);
    text_add(&t, system_call ? "hw.syscall_sysret" : "");
    text_add(&t, system_call && page_table ? "," : "");
    text_add(&t, page_table ? floor_page_table() : "");
    if (t.used != 0)
        record_context(&root_records, "floor_added", t.bytes);
}

/* Rows of which methods a program is asked for; 0: it is not to run. */
static uint64_t methods_of(const struct session_state *s, const char *id, bool is_workload)
{
    uint64_t methods = text_matches(s->options.select, id) ? s->options.methods : 0;
    return methods | (s->floor && is_workload && is_floor(id) ? METHOD_FLOOR : 0);
}

static bool entry_is_program(const struct session_state *s, const struct archive_entry *e, bool is_workload, bool is_test)
{
    return (e->mode & ARCHIVE_MODE_TYPE) == ARCHIVE_MODE_FILE && ((is_workload && s->options.run_workloads) || (is_test && s->options.run_tests)) &&
           methods_of(s, e->name + text_length(is_test ? folder_test : folder_workload), is_workload) != 0;
}

static uint64_t programs_count(const struct session_state *s)
{
    struct archive archive;
    struct archive_entry entry;
    uint64_t count = 0;

    archive_open(&archive, (const void *)ROOT_ARCHIVE_ADDRESS, root_info()->archive_bytes);
    while (archive_next(&archive, &entry) == ARCHIVE_ENTRY)
        count += entry_is_program(s, &entry, text_starts(entry.name, folder_workload), text_starts(entry.name, folder_test));
    return count;
}

/* Whether the entry is a program to run; fills in *p. A name that is too long for a program is refused by a failed record. */
static bool entry_select(struct session_state *s, const struct archive_entry *e, struct program *p)
{
    bool is_workload = text_starts(e->name, folder_workload), is_test = text_starts(e->name, folder_test);

    if (!entry_is_program(s, e, is_workload, is_test))
        return false;
    p->methods = methods_of(s, e->name + text_length(is_test ? folder_test : folder_workload), is_workload);
    if (text_length(e->name) >= sizeof p->name) {
        record_test(&root_records, "root: names of programs are short", "fail", e->name);
        s->ok = false;
        return false;
    }
    memcpy(p->name, e->name, text_length(e->name) + 1);
    p->id = p->name + text_length(is_test ? folder_test : folder_workload);
    p->is_test = is_test;
    p->seed = s->options.seed;
    p->rounds = s->options.rounds;
    p->limit_s = s->options.limit_s;
    return true;
}

/* One more run of that program in this session would give rows of the same names. */
static bool entry_may_run(struct session_state *s, uint64_t place)
{
    if (place >= PROGRAMS_MAX || s->ran[place])
        return false;
    return s->ran[place] = true;
}

static void programs_run(struct session_state *s)
{
    uint64_t place = 0;
    struct archive archive;
    struct archive_entry entry;
    struct program program;
    enum archive_result result;

    archive_open(&archive, (const void *)ROOT_ARCHIVE_ADDRESS, root_info()->archive_bytes);
    while ((result = archive_next(&archive, &entry)) == ARCHIVE_ENTRY) {
        place++;
        if (!entry_select(s, &entry, &program) || !entry_may_run(s, place - 1))
            continue;
        s->selected += program.methods != METHOD_FLOOR;
        output_line("running ", program.name);
        screen_program(program.name);
        if (!program_run(&program, entry.data, entry.bytes, s->fidelity))
            s->ok = false;
    }
    if (result == ARCHIVE_BAD) {
        record_test(&root_records, "root: the boot archive is well-formed", "fail", archive.error);
        s->ok = false;
    }
    if (s->selected == 0 && !s->options.shell) {
        record_test(&root_records, "root: select= matches a program", "fail", s->options.select);
        s->ok = false;
    }
}

static void selection_set(struct session_state *s, const char *pattern, bool tests)
{
    size_t n = text_length(pattern) < sizeof s->options.select ? text_length(pattern) : sizeof s->options.select - 1;

    memcpy(s->options.select, pattern, n);
    s->options.select[n] = '\0';
    s->options.run_tests = tests;
    s->options.run_workloads = !tests;
}

uint64_t session_list(const char *pattern, bool tests, void (*each)(const char *name))
{
    struct archive archive;
    struct archive_entry entry;
    uint64_t count = 0;

    selection_set(&session, pattern, tests);
    archive_open(&archive, (const void *)ROOT_ARCHIVE_ADDRESS, root_info()->archive_bytes);
    while (archive_next(&archive, &entry) == ARCHIVE_ENTRY) {
        if (!entry_is_program(&session, &entry, text_starts(entry.name, folder_workload), text_starts(entry.name, folder_test)))
            continue;
        each(entry.name + (tests ? 0 : text_length(folder_workload)));
        count++;
    }
    return count;
}

uint64_t session_run(const char *pattern, bool tests)
{
    session.selected = 0;
    selection_set(&session, pattern, tests);
    programs_run(&session);
    return session.selected;
}

bool session_is_good(void) { return session.ok && !root_records.failed; }

/* Returns whether root itself has what it counts on. */
static const char *session_check(void)
{
    if (root_info()->magic != ROOT_INFO_MAGIC)
        return "root_info is not where it belongs";
    if (scheduler_run_thread(SELECTOR_SCHEDULER, SELECTOR_THREAD, ROOT_PRIORITY, ROOT_QUANTUM_US) != 0)
        return "cannot set its priority";
    return NULL;
}

void program_start(uint64_t facts)
{
    (void)facts;
    output_init();
    const char *wrong = session_check();
    if (wrong == NULL)
        wrong = root_options_parse(root_info()->command_line, &session.options);
    if (wrong != NULL) {
        output_line("refused: ", wrong);
        output_exit(EXIT_BAD_BOOT);
    }
    if (session.options.qr)
        pages_start();
    if (session.options.shell && root_info()->screen.bytes != 0)
        output_log_serial();
    record_begin(&root_records, "tollgate");
    session.ok = true;
    session.fidelity = context_report();
    if (session.options.limit_s != 0 && !session.options.shell)
        watchdog_start(session.options.limit_s);
    if (session.options.shell) {
        shell_run();
    } else {
        floor_decide(&session);
        if (!session.options.screen_log && screen_start(programs_count(&session)))
            output_log_serial();
        programs_run(&session);
    }
    bool ok = session_is_good();
    watchdog_stop();
    record_end(&root_records, output_count() + 1, ok);
    screen_end(ok);
    if (session.options.qr)
        pages_show(session.options.qr_once);
    output_exit(ok ? EXIT_OK : EXIT_FAILED);
}
