#include "milter/metrics/looks.hpp"

#include <algorithm>
#include <condition_variable>
#include <exception>
#include <map>
#include <optional>
#include <thread>

#include "milter/base/mutex.hpp"

namespace pams::milter::metrics {
namespace {

using std::chrono::duration_cast;
using std::chrono::steady_clock;
constexpr std::chrono::minutes kPatience{1};
constexpr std::chrono::seconds kPauseWithProblems{5};
constexpr int kShareOfTime = 9;  ///< a look is at work a tenth of the time at most

Findings fault_of(const Look& look, const char* what) {
  if (!look.is_for_health) return {};
  return {{}, {look.name + ": " + what}};
}

Findings guarded(const Look& look) {
  try {
    return look.ask();
  } catch (const std::exception& error) {
    return fault_of(look, error.what());
  } catch (...) {
    return fault_of(look, "a fault");
  }
}

steady_clock::duration pause_after(const Look& look, const Findings& found, steady_clock::duration took) {
  steady_clock::duration pause = look.pause;
  if (!found.problems.empty()) pause = std::min<steady_clock::duration>(pause, kPauseWithProblems);
  return std::max(pause, took * kShareOfTime);
}

void append(Findings& all, const Findings& more) {
  all.samples.insert(all.samples.end(), more.samples.begin(), more.samples.end());
  all.problems.insert(all.problems.end(), more.problems.begin(), more.problems.end());
}

}  // namespace

struct Looks::Shared {
  struct Task {
    std::shared_ptr<const Look> look;  ///< null: the thread ends
    std::optional<Findings> found;     ///< nullopt: no answer yet
    steady_clock::time_point since;    ///< of the answer, or of the question when there is none
    steady_clock::duration pause{};    ///< after the last answer
  };

  explicit Shared(Clock to_use) : clock(std::move(to_use)) {}

  void run(const std::shared_ptr<Task>& task) {
    MutexLock lock(mutex);
    while (task->look != nullptr) {
      auto look = task->look;
      lock.unlock();
      const auto began = clock();
      auto found = guarded(*look);
      const auto ended = clock();
      lock.lock();
      if (task->look == look) {  // else it is the answer of a configuration that is no more
        task->found = std::move(found);
        task->since = ended;
        task->pause = pause_after(*look, *task->found, ended - began);
        lock.wait_for(changed, task->pause, [&]() PAMS_REQUIRES(mutex) { return task->look != look; });
      }
      lock.unlock();
      look.reset();  // it may end an archive, which writes to disks
      lock.lock();
    }
  }

  void add_findings(const std::string& name, const Task& task, Findings& all) const PAMS_REQUIRES(mutex) {
    const auto age = clock() - task.since;
    const bool is_known = task.found && age <= task.pause + kPatience;
    if (is_known) return append(all, *task.found);
    if (!task.look->is_for_health) return;
    const auto seconds = duration_cast<std::chrono::seconds>(age - task.pause).count();
    all.problems.push_back(
        name + (task.found ? ": no answer for " + std::to_string(seconds) + " seconds" : ": no answer yet"));
  }

  const Clock clock;
  Mutex mutex;
  std::condition_variable changed;
  std::map<std::string, std::shared_ptr<Task>> tasks PAMS_GUARDED_BY(mutex);
  std::map<std::string, Findings> told PAMS_GUARDED_BY(mutex);
};

Looks::Looks(Clock clock) : shared_(std::make_shared<Shared>(std::move(clock))) {}

Looks::~Looks() { use({}); }

void Looks::use(std::vector<Look> looks) {
  const MutexLock lock(shared_->mutex);
  std::map<std::string, std::shared_ptr<Shared::Task>> kept;
  for (auto& look : looks) {
    const auto name = look.name;
    const auto known = shared_->tasks.find(name);
    auto task = known != shared_->tasks.end() ? known->second : std::make_shared<Shared::Task>();
    task->look = std::make_shared<const Look>(std::move(look));
    if (known == shared_->tasks.end()) {
      task->since = shared_->clock();
      std::thread([shared = shared_, task] { shared->run(task); }).detach();
    }
    kept.emplace(name, std::move(task));
  }
  for (const auto& [name, task] : shared_->tasks)
    if (!kept.contains(name)) task->look = nullptr;
  shared_->tasks = std::move(kept);
  shared_->changed.notify_all();
}

void Looks::tell(const std::string& name, Findings findings) {
  const MutexLock lock(shared_->mutex);
  shared_->told.insert_or_assign(name, std::move(findings));
}

Findings Looks::findings() const {
  Findings all;
  const MutexLock lock(shared_->mutex);
  for (const auto& [name, findings] : shared_->told) append(all, findings);
  for (const auto& [name, task] : shared_->tasks) shared_->add_findings(name, *task, all);
  return all;
}

}  // namespace pams::milter::metrics
