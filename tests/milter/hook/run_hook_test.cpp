#include "milter/hook/run_hook.hpp"

#include <array>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <thread>

#include <boost/test/unit_test.hpp>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "milter/base/fd.hpp"
#include "tests/support/eml.hpp"
#include "tests/support/temporary_directory.hpp"

using namespace pams;
using namespace pams::milter;
using namespace pams::test;
using namespace std::chrono_literals;

namespace {

const Organization kExample{{"example.org"}};
constexpr std::string_view kLetter = "Subject: offer\n\nDear Bob\n";

Mail mail_of(std::string_view eml, Envelope envelope = {"ann@example.org", {"bob@example.net"}}) {
  return {parse_message(eml), std::move(envelope), Client{"192.0.2.1", "ann", ""}, kExample, {}};
}

/// A directory with one program, written in sh or Python.
class Program {
 public:
  explicit Program(const std::string& script, const std::string& interpreter = "/bin/sh")
      : path_(directory_.write("program", "#!" + interpreter + "\n" + script)) {
    ::chmod(path_.c_str(), 0755);
    hook.command = {path_};
    hook.timeout = 60s;
    hook.memory = 512U << 20U;
    hook.output = 65536;
  }

  hook::HookOutcome run(const Mail& mail = mail_of(kLetter)) const {
    return hook::run_hook(hook, mail, "4WxYz");
  }
  std::string output() const { return run().run.value().output; }
  std::string failure() const { return run().run.error().what; }
  /// Where the program may write.
  std::string file(const std::string& name) const { return directory_ / name; }
  const std::string& path() const { return path_; }

  rules::Hook hook;

 private:
  TemporaryDirectory directory_;
  std::string path_;
};

bool has(const std::string& text, std::string_view piece) { return text.find(piece) != std::string::npos; }

bool is_alive(pid_t pid) { return ::kill(pid, 0) == 0; }

pid_t pid_in(const std::string& file) {
  pid_t pid = 0;
  std::ifstream(file) >> pid;
  return pid;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(run_hook_runner)

BOOST_AUTO_TEST_CASE(the_message_comes_on_standard_input_byte_for_byte) {
  const Program program("exec cat");
  BOOST_TEST(Bytes(program.output()) == Bytes("Subject: offer\r\n\r\nDear Bob\r\n"));
}

BOOST_AUTO_TEST_CASE(or_as_a_file_that_nobody_can_change_and_that_has_no_name_in_any_directory) {
  Program program(R"(cat "$PAMS_MESSAGE_FILE"; wc -c < "$1" | tr -d ' '; cat | wc -c | tr -d ' '
stat -L -c %a "$1"; readlink /proc/self/fd/3; (echo x > "$PAMS_MESSAGE_FILE") 2>/dev/null || echo sealed)");
  program.hook.message_as_file = true;
  program.hook.command.push_back("{message}");
  BOOST_TEST(Bytes(program.output()) == Bytes("Subject: offer\r\n\r\nDear Bob\r\n28\n0\n400\n"
                                              "/memfd:message (deleted)\nsealed\n"));
}

BOOST_AUTO_TEST_CASE(arguments_are_passed_on_without_a_shell) {
  Program program(R"(for one in "$@"; do echo "<$one>"; done)");
  program.hook.command.insert(program.hook.command.end(), {"$(id); `id` > x", "a  b", "*"});
  BOOST_TEST(program.output() == "<$(id); `id` > x>\n<a  b>\n<*>\n");
}

BOOST_AUTO_TEST_CASE(the_envelope_is_in_an_environment_with_nothing_else_in_it) {
  Program program("");
  program.hook.command = {"/usr/bin/env"};  // a shell would add PWD
  ::setenv("PAMS_TEST_SECRET", "of the milter", 1);
  auto mail = mail_of(kLetter, {"", {"bob@example.net", "\"$(id)\"@example.com"}});
  mail.classify(true, true);
  const auto output = program.run(mail).run.value().output;
  ::unsetenv("PAMS_TEST_SECRET");
  BOOST_TEST(output ==
             "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\nLC_ALL=C.UTF-8\n"
             "PAMS_SENDER=\nPAMS_RECIPIENTS=bob@example.net\n\"$(id)\"@example.com\nPAMS_QUEUE_ID=4WxYz\n"
             "PAMS_CLIENT_ADDRESS=192.0.2.1\nPAMS_AUTHENTICATED=ann\nPAMS_FLAGGED=yes\n");
}

BOOST_AUTO_TEST_CASE(an_address_with_a_line_break_is_not_two_addresses) {
  const Program program("exec true");
  const auto outcome = program.run(mail_of(kLetter, {"ann@example.org", {"a@b.example\nc@d.example"}}));
  BOOST_TEST(!outcome.run.has_value());
}

BOOST_AUTO_TEST_CASE(a_program_sees_no_descriptor_of_the_milter) {
  const Fd connection(::fcntl(STDERR_FILENO, F_DUPFD, 20));  // on purpose without close-on-exec
  BOOST_TEST_REQUIRE(connection.get() >= 20);
  const Program program("import os\nprint(sorted(os.listdir('/proc/self/fd')))", "/usr/bin/python3 -I");
  BOOST_TEST(program.output() == "['0', '1', '2', '3']\n");  // 3 is the listed directory itself
}

BOOST_AUTO_TEST_CASE(it_starts_in_the_root_directory_with_default_signals_and_its_own_session) {
  const Program program(R"(import os, signal
print(os.getcwd(), os.getsid(0) == os.getpid(), signal.pthread_sigmask(signal.SIG_BLOCK, []), oct(os.umask(0)))
print(signal.getsignal(signal.SIGTERM) == signal.SIG_DFL))",
                        "/usr/bin/python3 -I");
  sigset_t blocked, before;
  sigemptyset(&blocked);
  sigaddset(&blocked, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &blocked, &before);
  const auto output = program.output();
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  BOOST_TEST(output == "/ True set() 0o77\nTrue\n");
}

BOOST_AUTO_TEST_CASE(exit_code_output_and_first_complaint_come_back) {
  const Program program("echo 'X-Class: public'; echo 'odd thing' >&2; echo more >&2; exit 75");
  const auto outcome = program.run();
  BOOST_TEST(outcome.run.value().exit_code.value() == 75);
  BOOST_TEST(outcome.run.value().output == "X-Class: public\n");
  BOOST_TEST(outcome.complaint == "odd thing");
}

BOOST_AUTO_TEST_CASE(a_large_message_that_is_not_read_is_no_obstacle) {
  const auto mail = mail_of("Subject: a\n\n" + std::string(20U << 20U, 'x') + "\n");
  BOOST_TEST(Program("exit 0").run(mail).run.value().exit_code.value() == 0);
  BOOST_TEST(Program("exec 0<&-; sleep 0; exit 3").run(mail).run.value().exit_code.value() == 3);
  BOOST_TEST(Program("head -c 5").run(mail).run.value().output == "Subje");
  BOOST_TEST(Program("wc -c | tr -d ' '").run(mail).run.value().output ==
             std::to_string(mail.message().wire_size()) + "\n");
}

BOOST_AUTO_TEST_CASE(a_program_that_hangs_is_killed_though_it_ignores_being_asked) {
  Program program("trap '' TERM INT HUP; echo $$ > \"$1\"; while :; do sleep 1000; done");
  program.hook.command.push_back(program.file("pid"));
  program.hook.timeout = 1s;
  BOOST_TEST(program.failure() == "took longer than 1 s");
  BOOST_TEST(pid_in(program.file("pid")) > 0);
  BOOST_TEST(!is_alive(pid_in(program.file("pid"))));
}

BOOST_AUTO_TEST_CASE(a_stopped_program_is_killed_too) {
  Program program("kill -STOP $$");
  program.hook.timeout = 1s;
  BOOST_TEST(program.failure() == "took longer than 1 s");
}

/// The grandchild leaves group and session, its parent ends: nothing ties it to the hook any more.
const std::string kDaemon = R"(import os, sys, signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
r, w = os.pipe()
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        os.setsid() if os.getpid() != os.getsid(0) else None
        open(sys.argv[1], 'w').write(str(os.getpid()))
        os.write(w, b'.')
        time.sleep(1000)
    os._exit(0)
os.read(r, 1)
)";

BOOST_AUTO_TEST_CASE(a_grandchild_that_made_itself_a_daemon_does_not_outlive_the_program) {
  Program program(kDaemon + "print('done')", "/usr/bin/python3 -I");
  program.hook.command.push_back(program.file("pid"));
  BOOST_TEST(program.output() == "done\n");
  BOOST_TEST_REQUIRE(pid_in(program.file("pid")) > 0);
  BOOST_TEST(!is_alive(pid_in(program.file("pid"))));
}

BOOST_AUTO_TEST_CASE(nor_does_it_outlive_the_time) {
  Program program(kDaemon + "time.sleep(1000)", "/usr/bin/python3 -I");
  program.hook.command.push_back(program.file("pid"));
  program.hook.timeout = 2s;
  BOOST_TEST(has(program.failure(), "took longer"));
  BOOST_TEST_REQUIRE(pid_in(program.file("pid")) > 0);
  BOOST_TEST(!is_alive(pid_in(program.file("pid"))));
}

BOOST_AUTO_TEST_CASE(processes_that_keep_making_others_are_all_found) {
  Program program(R"(import os, sys
for _ in range(30):
    if os.fork() == 0:
        os.setsid()
        log = os.open(sys.argv[1], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        for _ in range(200):  # a chain: each makes the next one and ends
            os.write(log, b'%d\n' % os.getpid())
            if os.fork() != 0: os._exit(0)
        while True: os.getpid()
)",
                  "/usr/bin/python3 -I");
  program.hook.command.push_back(program.file("pids"));
  BOOST_TEST(program.run().run.value().exit_code.value() == 0);
  std::ifstream pids(program.file("pids"));
  for (pid_t pid = 0; pids >> pid;) BOOST_TEST(!is_alive(pid), pid);
}

BOOST_AUTO_TEST_CASE(too_much_output_ends_it_and_endless_complaints_do_not_fill_the_memory) {
  BOOST_TEST(Program("exec cat /dev/zero").failure() == "wrote more than 65536 bytes");
  BOOST_TEST(Program("head -c 65537 /dev/zero").failure() == "wrote more than 65536 bytes");
  BOOST_TEST(Program("head -c 65536 /dev/zero").output().size() == 65536U);
  const auto outcome = Program("head -c 50000000 /dev/zero >&2; echo fine").run();
  BOOST_TEST(outcome.run.value().output == "fine\n");
  BOOST_TEST(outcome.complaint.size() <= 512U);
}

BOOST_AUTO_TEST_CASE(more_memory_than_allowed_is_not_given) {
  Program program("try:\n  x = bytearray(1 << 29)\nexcept MemoryError:\n  print('none left')",
                  "/usr/bin/python3 -I");
  program.hook.memory = 256U << 20U;
  BOOST_TEST(program.output() == "none left\n");
}

BOOST_AUTO_TEST_CASE(no_file_grows_beyond_the_limit_and_no_core_is_written) {
  Program program("exec head -c 100000000 /dev/zero > \"$1\"");
  program.hook.command.push_back(program.file("large"));
  program.hook.memory = 64U << 20U;
  BOOST_TEST(program.failure() == "was ended by the signal XFSZ");
  BOOST_TEST(std::filesystem::file_size(program.file("large")) == 64U << 20U);
  BOOST_TEST(Program("ulimit -c").output() == "0\n");
}

BOOST_AUTO_TEST_CASE(a_program_that_gains_rights_could_not_be_killed_so_none_does) {
  BOOST_TEST(has(Program("cat /proc/self/status").output(), "NoNewPrivs:\t1"));
}

BOOST_AUTO_TEST_CASE(what_cannot_be_started_is_a_failure_with_its_reason) {
  Program program("exit 0");
  ::chmod(program.path().c_str(), 0644);
  BOOST_TEST(program.failure() == "cannot be started: Permission denied");
  program.hook.command = {"/no/such/program"};
  BOOST_TEST(program.failure() == "cannot be started: No such file or directory");
  BOOST_TEST(has(Program("", "/no/such/interpreter").failure(), "cannot be started"));
  program.hook.command = {"/bin/true", std::string(200000, 'x')};
  BOOST_TEST(program.failure() == "cannot be started: Argument list too long");
}

BOOST_AUTO_TEST_CASE(a_signal_is_no_answer) {
  BOOST_TEST(Program("kill -SEGV $$").failure() == "was ended by the signal SEGV");
}

BOOST_AUTO_TEST_CASE(a_killed_supervisor_is_a_failure_and_takes_the_programs_group_with_it) {
  Program program("sleep 1000 & echo $$ > \"$1\"; kill -KILL $PPID; wait");
  program.hook.command.push_back(program.file("pid"));
  BOOST_TEST(program.failure() == "was lost: its supervisor has been killed");
  BOOST_TEST_REQUIRE(pid_in(program.file("pid")) > 0);
  while (is_alive(-pid_in(program.file("pid")))) std::this_thread::yield();  // init buries it
}

BOOST_AUTO_TEST_CASE(when_the_milter_is_killed_the_hook_dies_with_it) {
  Program program("echo $$ > \"$1.new\"; mv \"$1.new\" \"$1\"; exec sleep 1000");
  program.hook.command.push_back(program.file("pid"));
  const pid_t milter = ::fork();
  if (milter == 0) {
    static_cast<void>(program.run());
    ::_exit(0);
  }
  while (!std::filesystem::exists(program.file("pid"))) std::this_thread::yield();
  const auto pid = pid_in(program.file("pid"));
  ::kill(milter, SIGKILL);
  ::waitpid(milter, nullptr, 0);
  while (is_alive(pid)) std::this_thread::yield();  // ctest's time limit is the failure
  BOOST_TEST(!is_alive(pid));
}

BOOST_AUTO_TEST_CASE(many_at_once_do_not_get_in_each_others_way) {
  const Program program("cat; echo $PAMS_SENDER");
  std::vector<std::jthread> threads;
  std::array<std::string, 16> seen;
  for (std::size_t i = 0; i < seen.size(); ++i)
    threads.emplace_back([&, i] {
      const auto sender = std::to_string(i) + "@example.org";
      seen.at(i) = program.run(mail_of("Subject: x\n\n", {sender, {"b@c.example"}})).run.value().output;
    });
  threads.clear();
  for (std::size_t i = 0; i < seen.size(); ++i)
    BOOST_TEST(seen.at(i) == "Subject: x\r\n\r\n" + std::to_string(i) + "@example.org\n");
}

BOOST_AUTO_TEST_CASE(nothing_is_left_open_or_unburied) {
  const auto count = [] {
    const std::filesystem::directory_iterator all("/proc/self/fd");
    return std::distance(begin(all), end(all));
  };
  const Program program("exit 1");
  const auto before = count();
  for (int i = 0; i < 5; ++i) static_cast<void>(program.run());
  BOOST_TEST(count() == before);
  BOOST_TEST(::waitpid(-1, nullptr, WNOHANG) == -1);
}

BOOST_AUTO_TEST_SUITE_END()
