#include <hearth/dist/rendezvous.hpp>

#include <unistd.h>

#include <map>
#include <string>

#include <hearth/core/error.hpp>
#include <hearth/dist/launcher.hpp>

#include "catch.hpp"

using namespace hearth;
using Catch::Matchers::Equals;
using Catch::Matchers::StartsWith;
using dist::Rendezvous;
using dist::RendezvousOptions;
using Variables = std::map<std::string, std::string>;

namespace {

dist::Environment environment(const Variables& variables) {
  return [variables](const std::string& name) {
    const auto found = variables.find(name);
    return found == variables.end() ? std::nullopt : std::optional(found->second);
  };
}

Rendezvous find(const Variables& variables, const RendezvousOptions& options = {}) {
  return dist::find_rendezvous(options, environment(variables));
}

std::string error_of(const Variables& variables, const RendezvousOptions& options = {}) {
  try {
    find(variables, options);
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

/// "3/8 1/4": rank, size, local rank, local size.
std::string place(const Rendezvous& found) {
  const dist::Membership& place = found.membership;
  return std::to_string(place.rank) + "/" + std::to_string(place.size) + " " + std::to_string(place.local_rank) + "/" +
         std::to_string(place.local_size);
}

/// The variables with others in the place of some; a value "" is as good as none.
Variables with(Variables variables, const Variables& others) {
  for (const auto& [name, value] : others) {
    variables[name] = value;
  }
  return variables;
}

// As `torchrun --nnodes=2 --nproc-per-node=2` sets them for the second process of the second node.
const Variables torchrun{{"RANK", "3"},
                         {"WORLD_SIZE", "4"},
                         {"LOCAL_RANK", "1"},
                         {"LOCAL_WORLD_SIZE", "2"},
                         {"GROUP_RANK", "1"},
                         {"MASTER_ADDR", "10.0.0.1"},
                         {"MASTER_PORT", "29400"},
                         {"TORCHELASTIC_USE_AGENT_STORE", "True"},
                         {"TORCHELASTIC_RUN_ID", "job7"},
                         {"TORCHELASTIC_RESTART_COUNT", "2"}};

const Variables open_mpi{
    {"OMPI_COMM_WORLD_RANK", "1"},       {"OMPI_COMM_WORLD_SIZE", "4"}, {"OMPI_COMM_WORLD_LOCAL_RANK", "1"},
    {"OMPI_COMM_WORLD_LOCAL_SIZE", "2"}, {"MASTER_ADDR", "a"},          {"MASTER_PORT", "1"}};

const Variables slurm{{"SLURM_JOB_ID", "4711"},
                      {"SLURM_STEP_ID", "0"},
                      {"SLURM_PROCID", "5"},
                      {"SLURM_NTASKS", "7"},
                      {"SLURM_LOCALID", "1"},
                      {"SLURM_NODEID", "2"},
                      {"SLURM_TASKS_PER_NODE", "2(x3),1"},
                      {"SLURM_JOB_NODELIST", "gpu[03-05,11],login1"}};

}  // namespace

TEST_CASE("a process of which nobody says anything is alone", "[rendezvous]") {
  const Rendezvous found = find({});
  CHECK(found.is_alone());
  CHECK(place(found) == "0/1 0/1");
  CHECK(find({{"MASTER_ADDR", "a"}, {"MASTER_PORT", "1"}}).is_alone());
  CHECK(find({}, {.world_size = 1}).is_alone());
  CHECK(find({}, {.dist_url = "tcp://localhost:1", .world_size = 1, .rank = 0}).is_alone());
}

TEST_CASE("torchrun's variables give the place, and its agent makes the store", "[rendezvous]") {
  const Rendezvous found = find(torchrun);
  CHECK(place(found) == "3/4 1/2");
  CHECK(found.kind == Rendezvous::Kind::tcp);
  CHECK(found.host == "10.0.0.1");
  CHECK(found.port == 29400);
  CHECK(found.source == "torchrun");
  CHECK(found.run_id == "job7");
  CHECK(found.restarts == 2);
  CHECK(found.knows_local);
  const Variables first{{"RANK", "0"}, {"LOCAL_RANK", "0"}};
  CHECK_FALSE(find(with(torchrun, first)).serves);
  CHECK(find(with(with(torchrun, first), {{"TORCHELASTIC_USE_AGENT_STORE", "False"}})).serves);
  CHECK_FALSE(find(with(torchrun, {{"TORCHELASTIC_USE_AGENT_STORE", ""}})).serves);  // rank 3
}

TEST_CASE("the four variables of env:// are enough", "[rendezvous]") {
  const Rendezvous found = find({{"RANK", "1"}, {"WORLD_SIZE", "2"}, {"MASTER_ADDR", "h"}, {"MASTER_PORT", "5"}},
                                {.dist_url = "env://", .backend = "gloo"});
  CHECK(place(found) == "1/2 0/1");
  CHECK_FALSE(found.knows_local);
  CHECK(found.backend == dist::Backend::gloo);
}

TEST_CASE("Open MPI's variables give the place", "[rendezvous]") {
  const Rendezvous found = find(open_mpi);
  CHECK(place(found) == "1/4 1/2");
  CHECK(found.host == "a");
  CHECK(found.source == "Open MPI");
  Variables one_host = with(open_mpi, {{"OMPI_COMM_WORLD_LOCAL_SIZE", "4"}, {"PMIX_NAMESPACE", "33"}});
  one_host.erase("MASTER_ADDR");
  one_host.erase("MASTER_PORT");
  CHECK(find(one_host).host == "127.0.0.1");
  CHECK(find(one_host).port == find(with(one_host, {{"OMPI_COMM_WORLD_RANK", "2"}})).port);
  CHECK(find(one_host).port != find(with(one_host, {{"PMIX_NAMESPACE", "34"}})).port);
}

TEST_CASE("Slurm's variables give the place, the first host and a port of the job's", "[rendezvous]") {
  const Rendezvous found = find(slurm);
  CHECK(place(found) == "5/7 1/2");
  CHECK(found.host == "gpu03");
  CHECK((found.port >= 1024 && found.port < 32768));
  CHECK(found.source == "Slurm");
  CHECK(find(with(slurm, {{"SLURM_PROCID", "6"}, {"SLURM_LOCALID", "0"}, {"SLURM_NODEID", "3"}})).port == found.port);
  CHECK(place(find(with(slurm, {{"SLURM_PROCID", "6"}, {"SLURM_LOCALID", "0"}, {"SLURM_NODEID", "3"}}))) == "6/7 0/1");
  CHECK(find(with(slurm, {{"SLURM_JOB_ID", "4712"}})).port != found.port);
  const Rendezvous told = find(with(slurm, {{"MASTER_ADDR", "h"}, {"MASTER_PORT", "5"}}));
  CHECK(told.host == "h");
  CHECK(told.port == 5);
  const Variables per_node{{"SLURM_TASKS_PER_NODE", ""}, {"SLURM_NTASKS_PER_NODE", "3"}};
  CHECK(place(find(with(slurm, per_node))) == "5/7 1/3");
  CHECK_FALSE(find(with(slurm, {{"SLURM_TASKS_PER_NODE", ""}})).knows_local);
}

TEST_CASE("an allocation of Slurm's is no step of it", "[rendezvous]") {
  CHECK(find({{"SLURM_NTASKS", "1"}, {"SLURM_PROCID", "0"}, {"SLURM_JOB_ID", "1"}, {"SLURM_STEP_ID", "0"}}).is_alone());
  CHECK(find(with(slurm, {{"SLURM_STEP_ID", ""}, {"SLURM_PROCID", "0"}})).is_alone());  // the script of sbatch
}

TEST_CASE("the first of a list of hosts is found", "[rendezvous]") {
  const auto [list, host] = GENERATE(table<std::string, std::string>({{"node7", "node7"},
                                                                      {"a,b", "a"},
                                                                      {"n[003-010,020]", "n003"},
                                                                      {"n[5,7-9]-ib,m1", "n5-ib"},
                                                                      {"rack[0-1]node[00-15]", "rack0node00"}}));
  CHECK(find(with(slurm, {{"SLURM_JOB_NODELIST", list}})).host == host);
}

TEST_CASE("torchrun comes before Open MPI, and Open MPI before Slurm", "[rendezvous]") {
  CHECK(find(with(with(slurm, open_mpi), torchrun)).source == "torchrun");
  CHECK(find(with(slurm, open_mpi)).source == "Open MPI");
}

TEST_CASE("flags give the place and where to meet", "[rendezvous]") {
  const Rendezvous found =
      find({}, {.dist_url = "tcp://10.1.1.20:23456", .backend = "nccl", .world_size = 4, .rank = 0});
  CHECK(place(found) == "0/4 0/1");
  CHECK_FALSE(found.knows_local);
  CHECK(found.host == "10.1.1.20");
  CHECK(found.port == 23456);
  CHECK(found.serves);
  CHECK(found.backend == dist::Backend::nccl);
  CHECK_FALSE(find({}, {.dist_url = "tcp://10.1.1.20:23456", .world_size = 4, .rank = 3}).serves);
  CHECK(find({}, {.dist_url = "tcp://[fe80::1]:80", .world_size = 2, .rank = 0}).host == "fe80::1");

  const Rendezvous file = find({}, {.dist_url = "file:///mnt/nfs/shared", .world_size = 4, .rank = 3});
  CHECK(file.kind == Rendezvous::Kind::file);
  CHECK(file.file == "/mnt/nfs/shared");
  CHECK_FALSE(file.serves);
}

TEST_CASE("flags say where to meet, and a launcher which rank", "[rendezvous]") {
  const Rendezvous found = find(slurm, {.dist_url = "tcp://h:77", .world_size = 7});
  CHECK(place(found) == "5/7 1/2");
  CHECK(found.host == "h");
  CHECK(found.port == 77);
  CHECK_FALSE(find(torchrun, {.dist_url = "tcp://10.0.0.1:29400"}).serves);
}

TEST_CASE("in the processes of a launcher, world size and rank of the flags count nodes", "[rendezvous]") {
  const RendezvousOptions flags{
      .dist_url = "tcp://h:77", .world_size = 2, .rank = 1, .multiprocessing_distributed = true};
  Variables variables = with(torchrun, {{"HEARTH_LAUNCHER", "1"}});
  variables.erase("TORCHELASTIC_USE_AGENT_STORE");
  CHECK(place(find(variables, flags)) == "3/4 1/2");
  CHECK_THAT(error_of({}, flags), StartsWith("--multiprocessing-distributed has each node start its processes"));
}

TEST_CASE("wrong, missing and contradicting variables are errors that name them", "[rendezvous]") {
  struct Case {
    Variables base;
    Variables change;
    std::string error;
  };
  const auto wrong = GENERATE(values<Case>({
      {torchrun, {{"RANK", "4"}}, "RANK is 4, but WORLD_SIZE is 4: ranks are 0 to 3"},
      {torchrun, {{"RANK", "-1"}}, "RANK must be a whole number from 0 to 1000000, but is \"-1\""},
      {torchrun, {{"RANK", "two"}}, "RANK must be a whole number from 0 to 1000000, but is \"two\""},
      {torchrun, {{"RANK", "1 "}}, "RANK must be a whole number from 0 to 1000000, but is \"1 \""},
      {torchrun, {{"WORLD_SIZE", "0"}}, "WORLD_SIZE must be a whole number from 1 to 1000000, but is \"0\""},
      {torchrun, {{"WORLD_SIZE", ""}}, "RANK is set (3), but WORLD_SIZE is not: a process has both"},
      {torchrun, {{"RANK", ""}}, "WORLD_SIZE is set (4), but RANK is not: a process has both"},
      {torchrun, {{"LOCAL_RANK", ""}}, "LOCAL_WORLD_SIZE is set (2), but LOCAL_RANK is not: a process has both"},
      {torchrun, {{"LOCAL_WORLD_SIZE", ""}}, "LOCAL_RANK is set (1), but LOCAL_WORLD_SIZE is not: a process has both"},
      {torchrun, {{"LOCAL_RANK", "2"}}, "LOCAL_RANK is 2, but LOCAL_WORLD_SIZE is 2: ranks are 0 to 1"},
      {torchrun,
       {{"LOCAL_WORLD_SIZE", "5"}},
       "LOCAL_WORLD_SIZE is 5, but WORLD_SIZE is 4: a host has no more processes than there are"},
      {torchrun, {{"RANK", "0"}}, "LOCAL_RANK is 1, but RANK is 0: each process counts in both"},
      {torchrun, {{"MASTER_ADDR", ""}}, "MASTER_ADDR is not set: this is rank 3 of 4 (by torchrun)"},
      {torchrun, {{"MASTER_PORT", ""}}, "MASTER_PORT is not set: this is rank 3 of 4 (by torchrun)"},
      {torchrun, {{"MASTER_PORT", "0"}}, "MASTER_PORT must be a whole number from 1 to 65535, but is \"0\""},
      {torchrun, {{"MASTER_PORT", "65536"}}, "MASTER_PORT must be a whole number from 1 to 65535, but is \"65536\""},
      {torchrun, {{"TORCHELASTIC_RESTART_COUNT", "x"}}, "TORCHELASTIC_RESTART_COUNT must be a whole number"},
      {{}, {{"LOCAL_RANK", "1"}}, "LOCAL_RANK is set (1), but RANK is not: a process has both"},
      {open_mpi, {{"OMPI_COMM_WORLD_SIZE", ""}}, "OMPI_COMM_WORLD_RANK is set (1), but OMPI_COMM_WORLD_SIZE is not"},
      {open_mpi, {{"MASTER_ADDR", ""}}, "MASTER_ADDR is not set: this is rank 1 of 4 (by Open MPI)"},
      {slurm, {{"SLURM_PROCID", ""}}, "SLURM_NTASKS is set (7), but SLURM_PROCID is not: a process has both"},
      {slurm, {{"SLURM_PROCID", "7"}}, "SLURM_PROCID is 7, but SLURM_NTASKS is 7: ranks are 0 to 6"},
      {slurm, {{"SLURM_LOCALID", "2"}}, "SLURM_LOCALID is 2, but SLURM_TASKS_PER_NODE is 2: ranks are 0 to 1"},
      {slurm, {{"SLURM_TASKS_PER_NODE", "x"}}, "SLURM_TASKS_PER_NODE must be a whole number"},
      {slurm, {{"SLURM_JOB_NODELIST", ""}}, "MASTER_ADDR is not set: this is rank 5 of 7 (by Slurm)"},
  }));
  CHECK_THAT(error_of(with(wrong.base, wrong.change)), StartsWith(wrong.error));
}

TEST_CASE("wrong flags, and flags that contradict each other or the environment, are errors", "[rendezvous]") {
  struct Case {
    Variables variables;
    RendezvousOptions options;
    std::string error;
  };
  const auto wrong = GENERATE(values<Case>({
      {{},
       {.dist_url = "udp://h:1"},
       "--dist-url must be tcp://HOST:PORT, file:///PATH or env://, but is \"udp://h:1\""},
      {{}, {.dist_url = "tcp://h", .world_size = 2, .rank = 0}, "--dist-url tcp://h has no port"},
      {{}, {.dist_url = "tcp://[::1]", .world_size = 2, .rank = 0}, "--dist-url tcp://[::1] has no port"},
      {{}, {.dist_url = "tcp://:5", .world_size = 2, .rank = 0}, "--dist-url tcp://:5 has no host"},
      {{}, {.dist_url = "tcp://h:0", .world_size = 2, .rank = 0}, "the port of --dist-url must be a whole number"},
      {{}, {.dist_url = "tcp://h:65536", .world_size = 1, .rank = 0}, "the port of --dist-url must be a whole number"},
      {{}, {.dist_url = "tcp://h:x", .world_size = 2, .rank = 0}, "the port of --dist-url must be a whole number"},
      {{}, {.dist_url = "file://a/b", .world_size = 2, .rank = 0}, "--dist-url file://a/b has a path that is not"},
      {{}, {.dist_url = "tcp://h:5"}, "--dist-url is tcp://h:5, but --world-size and --rank are missing"},
      {{}, {.dist_url = "env://"}, "--dist-url is env://, but RANK and WORLD_SIZE are not set"},
      {{}, {.backend = "mpi"}, "--dist-backend must be nccl or gloo, but is \"mpi\""},
      {{}, {.world_size = 2}, "--world-size is 2, but --rank is missing"},
      {{}, {.rank = 0}, "--rank is 0, but --world-size is missing"},
      {{}, {.world_size = 0}, "--world-size must be at least 1, but is 0"},
      {{}, {.world_size = 2, .rank = -2}, "--rank must be at least 0, but is -2"},
      {{}, {.world_size = 2, .rank = 2}, "--rank is 2, but --world-size is 2: ranks are 0 to 1"},
      {{}, {.world_size = 2, .rank = 1}, "MASTER_ADDR is not set: this is rank 1 of 2 (by --world-size and --rank)"},
      {torchrun, {.world_size = 8}, "--world-size is 8, but torchrun has started 4 processes"},
      {torchrun, {.rank = 0}, "--rank is 0, but by torchrun this is rank 3"},
      {torchrun,
       {.dist_url = "tcp://10.0.0.1:5"},
       "--dist-url is tcp://10.0.0.1:5, but torchrun has its store at 10.0.0.1:29400"},
      {slurm, {.rank = 1}, "--rank is 1, but by Slurm this is rank 5"},
  }));
  CHECK_THAT(error_of(wrong.variables, wrong.options), StartsWith(wrong.error));
}

// --- What the flags ask of a launcher
// ---------------------------------------------------------------------------------

namespace {

std::optional<dist::LaunchOptions> plan(const Variables& variables, int processes, const RendezvousOptions& options) {
  return dist::launch_plan(
      options, processes, [] { return 4; }, environment(variables));
}

std::string plan_error(const Variables& variables, int processes, const RendezvousOptions& options) {
  try {
    plan(variables, processes, options);
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

}  // namespace

TEST_CASE("without --nproc nothing is launched, and not in a process that was", "[rendezvous]") {
  CHECK_FALSE(plan({}, 0, {}));
  CHECK_FALSE(plan(torchrun, 0, {}));
  CHECK_FALSE(plan({{"HEARTH_LAUNCHER", std::to_string(::getppid())}, {"RANK", "0"}, {"WORLD_SIZE", "2"}}, 2, {}));
  CHECK(plan({{"HEARTH_LAUNCHER", std::to_string(::getpid())}}, 2, {}));  // of another process that was launched
}

TEST_CASE("--nproc starts processes on this host", "[rendezvous]") {
  const auto found = plan({}, 3, {});
  REQUIRE(found);
  CHECK(found->processes == 3);
  CHECK(found->nodes == 1);
  CHECK(found->master_port == 0);
  const auto told = plan({}, 3, {.dist_url = "tcp://127.0.0.1:2345"});
  REQUIRE(told);
  CHECK(told->master_addr == "127.0.0.1");
  CHECK(told->master_port == 2345);
}

TEST_CASE("--multiprocessing-distributed counts nodes, each with a process for each GPU", "[rendezvous]") {
  const auto found =
      plan({}, 0, {.dist_url = "tcp://h:1", .world_size = 2, .rank = 1, .multiprocessing_distributed = true});
  REQUIRE(found);
  CHECK(found->processes == 4);
  CHECK(found->nodes == 2);
  CHECK(found->node_rank == 1);
  CHECK(found->master_addr == "h");
  const auto file =
      plan({}, 2, {.dist_url = "file:///a", .world_size = 2, .rank = 0, .multiprocessing_distributed = true});
  REQUIRE(file);
  CHECK(file->processes == 2);
  CHECK(file->master_port == 0);
  const auto one = plan({}, 0, {.world_size = 1, .rank = 0, .multiprocessing_distributed = true});
  REQUIRE(one);
  CHECK(one->nodes == 1);
  const Variables env{{"RANK", "1"}, {"WORLD_SIZE", "3"}, {"MASTER_ADDR", "m"}, {"MASTER_PORT", "9"}};
  const auto by_environment = plan(env, 0, {.dist_url = "env://", .multiprocessing_distributed = true});
  REQUIRE(by_environment);
  CHECK(by_environment->nodes == 3);
  CHECK(by_environment->node_rank == 1);
  CHECK(by_environment->master_port == 9);
  const Variables node_each = with(slurm, {{"SLURM_NTASKS", "2"},
                                           {"SLURM_PROCID", "1"},
                                           {"SLURM_NODEID", "1"},
                                           {"SLURM_LOCALID", "0"},
                                           {"SLURM_TASKS_PER_NODE", "1(x2)"}});
  const auto by_slurm = plan(node_each, 0, {.multiprocessing_distributed = true});
  REQUIRE(by_slurm);
  CHECK(by_slurm->nodes == 2);
  CHECK(by_slurm->node_rank == 1);
  CHECK(by_slurm->master_addr == "gpu03");
}

TEST_CASE("a launcher within another, and ranks beside --nproc, are errors", "[rendezvous]") {
  CHECK_THAT(plan_error(torchrun, 2, {}),
             Equals("--nproc 2 starts processes, but torchrun has started this process as rank 3 of 4: leave the flag "
                    "out"));
  CHECK_THAT(plan_error(slurm, 2, {}), StartsWith("--nproc 2 starts processes, but Slurm has started this process"));
  CHECK_THAT(plan_error(torchrun, 0, {.multiprocessing_distributed = true}),
             StartsWith("--multiprocessing-distributed starts the processes of a node, but torchrun has"));
  CHECK_THAT(plan_error({}, 2, {.world_size = 2, .rank = 0}), StartsWith("--nproc 2 gives the processes of this host"));
  CHECK_THAT(plan_error({}, -1, {}), StartsWith("--nproc must be at least 1, but is -1"));
  CHECK_THAT(plan_error({}, 0, {.world_size = 2, .multiprocessing_distributed = true}),
             StartsWith("--world-size is 2, but --rank is missing"));
  CHECK_THAT(plan_error({}, 0, {.world_size = 2, .rank = 0, .multiprocessing_distributed = true}),
             StartsWith("MASTER_ADDR is not set: this is rank 0 of 2 (by --multiprocessing-distributed)"));
  CHECK_THAT(plan_error({}, 2, {.backend = "x"}), StartsWith("--dist-backend must be"));
}
