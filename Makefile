# Makefile - the one build file of gale; `make help` lists what it can do.
#
# A source file is registered by its place: bolts/foo.c becomes
# lib/gale/foo.so, tests/unit/test_foo.c becomes a test, a file of cli/ a part
# of the command. Everything that is built goes to build/VARIANT/.

VARIANT ?= release
PREFIX ?= /usr/local
DESTDIR ?=

CC ?= cc
CXX ?= c++
AR ?= ar
export CC CXX

VERSION := $(shell sed -n 's/^\#define GALE_VERSION "\(.*\)"/\1/p' \
	topology-api/gale/abi.h)
SONAME := libgale.so.0

# -- variants ------------------------------------------------------------------

# In what is for tests only: who runs a task's code, and fault points.
WATCH := -DGALE_WATCH_THREADS -DGALE_FAULTS
OPT.release := -O2
OPT.debug := -O0 $(WATCH)
OPT.asan := -O1 $(WATCH) -fsanitize=address,undefined -fno-sanitize-recover=all
OPT.tsan := -O1 $(WATCH) -fsanitize=thread
OPT.coverage := -O0 -DGALE_FAULTS -DGALE_COVERAGE --coverage
# Of `make fuzz`, with clang.
OPT.fuzz := -O1 -fsanitize=address,undefined,fuzzer-no-link \
	-fno-sanitize-recover=all
VARIANTS := release debug asan tsan coverage fuzz

ifeq ($(filter $(VARIANT),$(VARIANTS)),)
$(error VARIANT=$(VARIANT) is none of: $(VARIANTS))
endif

B := build/$(VARIANT)
O := $(B)/obj
P := $(B)/lib/gale
T := $(B)/tests
OPT := $(OPT.$(VARIANT))

# -- flags ---------------------------------------------------------------------

WARN := -Wall -Wextra -Wshadow -Wvla -Wformat=2 -Werror
WARN_C := -Wstrict-prototypes -Wmissing-prototypes
COMMON := -g -fvisibility=hidden -fno-omit-frame-pointer -fPIC $(OPT) $(WARN)
INCLUDE := -I. -Itopology-api
CFLAGS_ALL := -std=c11 -D_GNU_SOURCE $(COMMON) $(WARN_C) $(CPPFLAGS) $(CFLAGS)
CXXFLAGS_ALL := -std=c++20 $(COMMON) $(CPPFLAGS) $(CXXFLAGS)
LDFLAGS_ALL := $(OPT) -Wl,--as-needed $(LDFLAGS)
# Of connectors: a plugin needs those that it uses, and no other.
LIBS_CONNECTORS := -lrdkafka -lmysqlclient -lcurl -ljansson
LIBS := -lyaml -ljansson -levent_core -lmsgpackc -lzookeeper_mt -lcrypto \
	-lpthread -ldl -lm

# -- sources -------------------------------------------------------------------

# The command's alone: a test has its own main(), and libc's _exit() and clocks.
MAIN_SRC := cli/main.c cli/own_exit.c cli/own_clock.c
LIB_SRC := $(wildcard topology-api/*.c common/*.c worker/*.c simulator/*.c \
	testing/*.c nimbus/*.c supervisor/*.c)
CLI_SRC := $(filter-out $(MAIN_SRC),$(wildcard cli/*.c))
CONNECTOR_SRC := $(wildcard connectors/*.c)
PLUGIN_SRC := $(wildcard spouts/*.c bolts/*.c examples/*.c)
TEST_PLUGIN_SRC := $(wildcard tests/plugins/*.c tests/plugins/*.cpp \
	tests/plugins/bad/*.c)
UNIT_SRC := $(wildcard tests/unit/test_*.c)
CONFORMANCE_SRC := $(wildcard tests/conformance/*.c)
SERVERS_SRC := $(wildcard tests/servers/*.c)
SUPPORT_SRC := $(wildcard tests/support/*.c)
BENCH_SRC := $(wildcard tests/bench/*.c)

# Processes that end by _exit() are counted, too; not in plugins.
ifeq ($(VARIANT),coverage)
LIB_SRC += tests/support/coverage_exit.c
WRAP := -Wl,--wrap=_exit
endif

LIB_OBJ := $(LIB_SRC:%.c=$(O)/%.o)
CLI_OBJ := $(CLI_SRC:%.c=$(O)/%.o)
CONNECTOR_OBJ := $(CONNECTOR_SRC:%.c=$(O)/%.o)
SUPPORT_OBJ := $(SUPPORT_SRC:%.c=$(O)/%.o)

GALE := $(if $(wildcard cli/main.c),$(B)/bin/gale)
LIBGALE := $(if $(LIB_SRC),$(B)/lib/libgale.so)
PLUGINS := $(patsubst %,$(P)/%.so,$(basename $(notdir $(PLUGIN_SRC))))
TEST_PLUGINS := $(patsubst %,$(T)/plugins/%.so, \
	$(basename $(notdir $(TEST_PLUGIN_SRC))))
UNITS := $(UNIT_SRC:tests/%.c=$(T)/%)
CONFORMANCE := $(CONFORMANCE_SRC:tests/%.c=$(T)/%)
SERVERS := $(SERVERS_SRC:tests/%.c=$(T)/%)
BENCH := $(if $(BENCH_SRC),$(T)/bench/bench)
FUZZERS := $(patsubst tests/%.c,$(T)/%,$(wildcard tests/fuzz/fuzz_*.c))
BENCH_CONNECTORS := $(patsubst tests/%.c,$(T)/%, \
	$(wildcard tests/bench/connectors/*.c))
BENCH_STORM := $(patsubst tests/%.c,$(T)/%,$(wildcard tests/bench/storm/*.c))
BENCH_PLUGINS := $(patsubst %,$(T)/bench/plugins/%.so, \
	$(basename $(notdir $(wildcard tests/bench/plugins/*.c))))

# -- how it is said ------------------------------------------------------------

V ?= 0
ifeq ($(V),0)
Q := @
say = @printf '  %-8s %s\n' $(1) $(2);
endif
ifeq ($(MAKELEVEL),0)
MAKEFLAGS += -j$(shell nproc)
endif
MAKEFLAGS += --no-builtin-rules --no-print-directory
.SUFFIXES:
.SECONDARY:
.DELETE_ON_ERROR:
.DEFAULT_GOAL := all

# -- what people ask for -------------------------------------------------------

.PHONY: all
all: gale tests ## everything of VARIANT (release, debug, asan, tsan, coverage)

.PHONY: gale
gale: $(GALE) $(LIBGALE) $(PLUGINS) ## bin/gale, lib/libgale.so, plugins

.PHONY: tests
tests: gale $(UNITS) $(CONFORMANCE) $(SERVERS) $(TEST_PLUGINS) ## build tests, run none

.PHONY: demo
demo: ## install what is missing, build, count the words of a real text
	@tests/support/packages.sh install $(PACKAGES)
	@$(MAKE) gale
	@tests/support/demo.sh $(B)

.PHONY: demo-socket
demo-socket: ## the same, but words that come over a socket, of late and in all
	@tests/support/packages.sh install $(PACKAGES)
	@$(MAKE) gale
	@tests/support/demo_socket.sh $(B)

.PHONY: demo-mysql demo-hdfs
demo-mysql: ## Kafka to MariaDB, real ones, killed in the middle: rows beside what awk finds
demo-hdfs: ## Kafka to HDFS, real ones: what Hive reads there, beside what awk finds
demo-mysql demo-hdfs:
	@tests/support/packages.sh install $(PACKAGES)
	@tests/support/packages.sh optional default-jre-headless $(PACKAGES_SERVERS)
	@$(MAKE) gale
	@tests/support/$(subst -,_,$@).sh $(B)

.PHONY: demo-kafka
demo-kafka: ## Kafka to Kafka on a cluster, worker and broker killed: words beside what uniq counts
	@tests/support/packages.sh install $(PACKAGES) default-jre-headless \
		libzookeeper-java libslf4j-java
	@tests/support/packages.sh optional $(PACKAGES_SERVERS)
	@$(MAKE) gale
	@tests/support/demo_kafka.sh $(B)

.PHONY: test
test: ## install what is missing, build, run every test
	@tests/support/packages.sh install $(PACKAGES) $(PACKAGES_TEST)
	@tests/support/packages.sh optional $(PACKAGES_SERVERS)
	@$(MAKE) all
	@tests/support/run_tests.sh $(B) unit conformance scenario

.PHONY: check-unit check-conformance check-scenario check-engine
check-unit: all ## the unit tests of VARIANT alone
	@tests/support/run_tests.sh $(B) unit

check-conformance: all ## every plugin against the plugin contract
	@tests/support/run_tests.sh $(B) conformance

check-scenario: all ## real processes alone; ONLY=NAME for some
	@tests/support/run_tests.sh $(B) scenario

check-engine: all ## unit tests of worker/ and the stress scenarios
	@tests/support/run_tests.sh $(B) engine

# Four cases of SLOW_SECONDS each, and what is pending at the end.
.PHONY: test-slow
SLOW_SECONDS ?= 300
test-slow: all ## slow bolts, 4 times SLOW_SECONDS (300): nothing times out
	@SLOW_SECONDS=$(SLOW_SECONDS) TIMEOUT=$$((8 * $(SLOW_SECONDS) + 600)) \
		tests/support/run_tests.sh $(B) slow

# What takes longest is ZooKeeper's absence. In `make test` it is shorter, and so is
# the text of which no word may be missing.
.PHONY: test-cluster
AWAY_SECONDS ?= 120
WORDS_MB ?= 50
test-cluster: all ## faults of a cluster, as a table, and what it takes (minutes)
	@AWAY_SECONDS=$(AWAY_SECONDS) WORDS_MB=$(WORDS_MB) TIMEOUT=$$((2 * $(AWAY_SECONDS) + 900)) \
		tests/support/run_tests.sh $(B) cluster

# One after the other, for each has the machine for itself: about an hour. What nimbus
# does in each of its steps is seen in a debug build; other versions come from git.
.PHONY: test-faults
FAULTS_IN_DEBUG := gale build/debug/tests/plugins/bookkeeper.so \
	build/debug/tests/servers/zookeeper_nodes \
	build/debug/tests/servers/zookeeper_value
test-faults: ## the whole catalogue of faults of a cluster, as a table (an hour)
	@tests/support/packages.sh install $(PACKAGES) $(PACKAGES_TEST)
	@tests/support/packages.sh optional $(PACKAGES_ROWS)
	@$(MAKE) all
	@$(MAKE) VARIANT=debug $(FAULTS_IN_DEBUG)
	@tests/support/other_builds.sh $(B)
	@AWAY_SECONDS=$${AWAY_SECONDS:-300} WORDS_MB=$(WORDS_MB) JOBS=1 \
		CRASHES=$${CRASHES:-200} \
		TIMEOUT=1800 tests/support/run_tests.sh $(B) rows

# Rows of that catalogue by chance, one after the other, on one cluster.
.PHONY: soak
HOURS ?= 1
soak: ## random faults for HOURS (1), again by SEED: nothing is lost, nothing grows (as root)
	@tests/support/packages.sh install $(PACKAGES) $(PACKAGES_TEST) $(PACKAGES_SOAK)
	@$(MAKE) gale $(TEST_PLUGINS) $(SERVERS)
	@HOURS=$(HOURS) GALE=$(CURDIR)/$(GALE) GALE_BUILD=$(CURDIR)/$(B) \
		sh tests/soak/soak.sh $(B)/soak

# Jars come with the first run, and stay: see tests/servers/README.md.
.PHONY: test-connectors
test-connectors: ## connectors on real servers: Kafka, MariaDB, HDFS, Hive (minutes)
	@tests/support/packages.sh install $(PACKAGES) $(PACKAGES_TEST)
	@tests/support/packages.sh optional $(PACKAGES_SERVERS)
	@$(MAKE) all
	@TIMEOUT=1800 tests/support/run_tests.sh $(B) connectors

.PHONY: soak-simulate
CLUSTERS ?= 1..1000000
soak-simulate: gale ## clusters from a million seeds, for a night; CLUSTERS=A..B
	@$(B)/bin/gale simulate --seeds $(CLUSTERS)

.PHONY: mutants
mutants: ## faults put into the engine: which seed or test catches each
	@tests/support/packages.sh install $(PACKAGES) $(PACKAGES_TEST)
	@$(MAKE) -s gale $(TEST_PLUGINS)
	@tests/mutants/run.sh $(B)

# A release has none.
.PHONY: faults
FAULTY := $(if $(filter release,$(VARIANT)),asan,$(VARIANT))
faults: ## the fault points alone: crash, fail, sleep, pause at each (asan)
	@$(MAKE) VARIANT=$(FAULTY) all
	@tests/support/run_tests.sh build/$(FAULTY) faults

.PHONY: asan tsan coverage
asan: ## unit and conformance tests, fault points, under ASan and UBSan
	@$(MAKE) VARIANT=asan all
	@tests/support/run_tests.sh build/asan faults unit conformance

tsan: ## the engine's tests under TSan
	@$(MAKE) VARIANT=tsan all
	@tests/support/run_tests.sh build/tsan engine

coverage: ## all tests, then the share of lines they run, per folder
	@$(MAKE) VARIANT=coverage all
	@find build/coverage -name '*.gcda' -delete
	@tests/support/run_tests.sh build/coverage faults unit conformance scenario
	@tests/support/coverage.sh build/coverage

# BASE is a revision of git, built beside with the same flags: by turns, and ratios.
.PHONY: bench
bench: gale $(BENCH) $(BENCH_PLUGINS) ## measure; table and bench.jsonl; BASE=REVISION: fail if slower
	@base= && if [ -n "$(BASE)" ]; then base=$$(CC="$(CC)" CXX="$(CXX)" \
		CFLAGS="$(CFLAGS)" CPPFLAGS="$(CPPFLAGS)" LDFLAGS="$(LDFLAGS)" \
		tests/bench/base.sh "$(BASE)" $(B)); fi && tests/bench/run.sh $(B) $$base

.PHONY: bench-self-test
bench-self-test: gale $(BENCH) $(BENCH_PLUGINS) ## does `make bench BASE=` catch 15 %, and nothing where nothing is?
	@tests/bench/self_test.sh $(B)

.PHONY: bench-plots
bench-plots: gale $(BENCH) $(BENCH_PLUGINS) ## pictures: load and latency, executors, sizes, pending
	@tests/bench/plots.sh $(B)

.PHONY: bench-connectors
bench-connectors: gale $(BENCH_CONNECTORS) $(BENCH_PLUGINS) $(TEST_PLUGINS) ## connectors beside bare loops on the same real servers
	@tests/bench/connectors/run.sh $(B)

.PHONY: bench-peers
bench-peers: gale $(BENCH) $(BENCH_PLUGINS) ## the word count in timely dataflow, in Jet and here, by turns
	@tests/support/packages.sh optional $(PACKAGES_JET)
	@tests/bench/peers/run.sh $(B)

.PHONY: bench-hosts
bench-hosts: gale ## two workers on two machines, a link of 1 Gbit/s between them
	@tests/support/packages.sh optional $(PACKAGES_ROWS)
	@mkdir -p $(B)/tests/log
	@GALE=$(CURDIR)/$(B)/bin/gale GALE_BUILD=$(CURDIR)/$(B) \
		sh tests/bench/hosts/one_gbit.sh 3>&1 >$(B)/tests/log/bench-hosts.log 2>&1 && \
		! grep -E '^(not ok|skip) ' $(B)/tests/log/bench-hosts.log

# Jars come with the first run, and stay, as those of tests/servers.
.PHONY: bench-storm
bench-storm: ## Apache Storm and gale side by side, on the same topologies (half an hour)
	@tests/support/packages.sh install $(PACKAGES) $(PACKAGES_STORM)
	@$(MAKE) gale $(BENCH_PLUGINS) $(BENCH_STORM)
	@tests/bench/storm/run.sh $(B)

.PHONY: bench-check
bench-check: ## instructions per tuple by valgrind: none may grow by 5 %
	@tests/support/packages.sh install $(PACKAGES) $(PACKAGES_COUNT)
	@$(MAKE) gale $(BENCH)
	@tests/bench/check.sh $(B)

# FUZZ_JOBS at a time; what is found stays in build/fuzz/findings/.
.PHONY: fuzz fuzzers
SECONDS ?= 15
fuzz: ## what comes from outside, at random: each reader for SECONDS (15)
	@tests/support/packages.sh install $(PACKAGES) $(PACKAGES_FUZZ)
	@$(MAKE) VARIANT=fuzz CC=clang CXX=clang++ fuzzers
	@tests/fuzz/run.sh build/fuzz $(SECONDS)

fuzzers: $(PLUGINS) $(FUZZERS)

.PHONY: models
models: ## the election and the replacement of workers, searched by spin
	@tests/support/packages.sh install $(PACKAGES_MODELS)
	@tests/models/run.sh build/models

.PHONY: lint format
lint: ## warnings, format, includes, names, symbols, headers alone …
	@tests/support/packages.sh install $(PACKAGES) $(PACKAGES_TEST) \
		$(PACKAGES_LINT)
	@$(MAKE) all
	@tests/lint/run.sh $(B)

format: ## give every C file the format that lint asks for
	@tests/lint/format.sh --fix

.PHONY: clean help
clean: ## remove build/
	rm -rf build

help: ## this list
	@echo 'make [TARGET] [VARIANT=release|debug|asan|tsan|coverage] [V=1]'
	@sed -n 's/^\([a-z-]*\):[^#]*## \(.*\)/  \1 \2/p' Makefile | \
		while read -r name text; do printf '  %-18s %s\n' "$$name" "$$text"; done

# -- packages ------------------------------------------------------------------

PACKAGES := libc6-dev libyaml-dev libjansson-dev libxxhash-dev libevent-dev \
	libmsgpack-dev libzookeeper-mt-dev libssl-dev librdkafka-dev \
	default-libmysqlclient-dev libcurl4-openssl-dev
PACKAGES_TEST := libcmocka-dev pkg-config g++ patch iproute2 netbase \
	default-jre-headless libzookeeper-java libslf4j-java
# Of real servers that connectors talk to; none of them brings a service that runs.
PACKAGES_SERVERS := netbase maven curl kcat mariadb-server-core mariadb-client-core
# Of rows of faults that the kernel or a library has a part in.
PACKAGES_ROWS := nftables libfaketime
PACKAGES_STORM := default-jdk-headless maven libzookeeper-java libslf4j-java \
	netbase iproute2
PACKAGES_JET := default-jdk-headless maven
PACKAGES_SOAK := nftables procps
PACKAGES_LINT := clang-format
PACKAGES_FUZZ := clang libclang-rt-14-dev
PACKAGES_MODELS := spin
PACKAGES_COUNT := libcmocka-dev valgrind

# Without these headers nothing compiles: say so once, not once a file.
HAVE := build/.have-headers
$(HAVE):
	@mkdir -p $(@D)
	@tests/support/packages.sh headers $(PACKAGES)
	@touch $@

HAVE_TEST := build/.have-test-headers
$(HAVE_TEST): $(HAVE)
	@tests/support/packages.sh headers $(PACKAGES_TEST)
	@touch $@

# -- objects -------------------------------------------------------------------

# Rewritten when flags, compiler or the list of sources change.
FLAGS := $(B)/flags
FLAGS_TEXT := $(CC) $(CFLAGS_ALL) $(CXX) $(CXXFLAGS_ALL) $(LDFLAGS_ALL) \
	$(LIBS) $(LIBS_CONNECTORS)
SOURCES := $(B)/sources
SOURCES_TEXT := $(LIB_SRC) $(CLI_SRC) $(CONNECTOR_SRC) $(SUPPORT_SRC) \
	$(BENCH_SRC)

.PHONY: force
$(FLAGS): force
	@mkdir -p $(@D)
	@echo '$(FLAGS_TEXT)' | cmp -s - $@ || echo '$(FLAGS_TEXT)' >$@
$(SOURCES): force
	@mkdir -p $(@D)
	@echo '$(SOURCES_TEXT)' | cmp -s - $@ || echo '$(SOURCES_TEXT)' >$@

COMPILE = $(CC) $(CFLAGS_ALL) $(INCLUDE) -MMD -MP -c -o $@ $<

$(O)/%.o: %.c $(FLAGS) | $(HAVE)
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(COMPILE)

$(O)/tests/%.o: tests/%.c $(FLAGS) | $(HAVE) $(HAVE_TEST)
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(COMPILE)

$(O)/%.o: %.cpp $(FLAGS) | $(HAVE) $(HAVE_TEST)
	$(call say,CXX,$<)
	@mkdir -p $(@D)
	$(Q)$(CXX) $(CXXFLAGS_ALL) $(INCLUDE) -MMD -MP -c -o $@ $<

# A tuple that waits for nothing passes through each function once: none shares
# a line of the cache with another. (Less than that costs it 5 %.)
$(LIB_OBJ): CFLAGS_ALL += -falign-functions=64

# What `gale new` writes, as C strings.
SKELETONS := $(sort $(wildcard cli/skeleton/*))
$(O)/cli/skeletons.inc: $(SKELETONS) $(SOURCES)
	$(call say,EMBED,cli/skeleton)
	@mkdir -p $(@D)
	$(Q)for f in $(SKELETONS); do \
		printf '{"%s",\n' "$${f##*/}"; \
		sed -e 's/[\\"]/\\&/g' -e 's/.*/ "&\\n"/' $$f; \
		echo '},'; done >$@
$(O)/cli/skeleton.o: $(O)/cli/skeletons.inc
$(O)/cli/skeleton.o: INCLUDE += -I$(O)/cli

# -- programs, libraries, plugins ----------------------------------------------

# All of gale but what is the command's alone: that links it, and each test what
# it needs.
ARCHIVE := $(O)/gale.a
$(ARCHIVE): $(LIB_OBJ) $(CLI_OBJ) $(SOURCES)
	$(call say,AR,$@)
	@rm -f $@
	$(Q)$(AR) rcs $@ $(LIB_OBJ) $(CLI_OBJ)

# What spouts and bolts share that talk to the world outside.
CONNECTORS := $(O)/connectors.a
$(CONNECTORS): $(CONNECTOR_OBJ) $(SOURCES)
	$(call say,AR,$@)
	@rm -f $@
	$(Q)$(AR) rcs $@ $(CONNECTOR_OBJ)

# The same of tests/support.
SUPPORT := $(O)/tests/support.a
$(SUPPORT): $(SUPPORT_OBJ) $(SOURCES)
	$(call say,AR,$@)
	@rm -f $@
	$(Q)$(AR) rcs $@ $(SUPPORT_OBJ)

$(B)/bin/gale: $(MAIN_SRC:%.c=$(O)/%.o) $(ARCHIVE)
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(LDFLAGS_ALL) $(WRAP) -o $@ $^ $(LIBS)

$(B)/lib/$(SONAME): $(LIB_OBJ) $(SOURCES)
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(LDFLAGS_ALL) $(WRAP) -shared -Wl,-soname,$(SONAME) -Wl,-z,defs \
		-o $@ $(LIB_OBJ) $(LIBS)

$(B)/lib/libgale.so: $(B)/lib/$(SONAME)
	@ln -sf $(SONAME) $@

# A plugin links nothing of gale but what it uses of connectors/, and that is in it.
LINK_PLUGIN = $(if $(wildcard tests/plugins/$*.cpp),$(CXX),$(CC)) \
	$(LDFLAGS_ALL) -shared -o $@ $< $(CONNECTORS) $(LIBS_CONNECTORS) -lm

define plugin_rule
$(1)/%.so: $$(O)/$(2)/%.o $$(CONNECTORS)
	$$(call say,LD,$$@)
	@mkdir -p $$(@D)
	$$(Q)$$(LINK_PLUGIN)
endef
$(foreach d,spouts bolts examples,$(eval $(call plugin_rule,$(P),$(d))))
$(foreach d,tests/plugins tests/plugins/bad,$(eval $(call \
	plugin_rule,$(T)/plugins,$(d))))
$(eval $(call plugin_rule,$(T)/bench/plugins,tests/bench/plugins))

$(UNITS) $(CONFORMANCE) $(SERVERS): LIBS := -lcmocka $(LIBS) $(LIBS_CONNECTORS)
# The part of the bench that only judges.
$(T)/unit/test_ratios: $(O)/tests/bench/ratios.o
$(UNITS) $(CONFORMANCE) $(SERVERS): $(T)/%: $(O)/tests/%.o $(SUPPORT) $(ARCHIVE) \
	$(CONNECTORS)
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(LDFLAGS_ALL) $(WRAP) -o $@ $(filter %.o,$^) $(filter %.a,$^) \
		$(LIBS)

$(BENCH_CONNECTORS): $(T)/%: $(O)/tests/%.o
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(LDFLAGS_ALL) -o $@ $^ $(LIBS_CONNECTORS)

$(BENCH_STORM): $(T)/%: $(O)/tests/%.o $(O)/tests/bench/spawn.o
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(LDFLAGS_ALL) -o $@ $^

$(FUZZERS): $(T)/%: $(O)/tests/%.o $(ARCHIVE) $(CONNECTORS)
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(LDFLAGS_ALL) -fsanitize=fuzzer -o $@ $^ $(LIBS) $(LIBS_CONNECTORS)

$(BENCH): $(BENCH_SRC:%.c=$(O)/%.o) $(SUPPORT) $(ARCHIVE) $(SOURCES)
	$(call say,LD,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(LDFLAGS_ALL) -o $@ $(filter %.o %.a,$^) $(LIBS)

-include $(shell find $(O) -name '*.d' 2>/dev/null)

# -- install -------------------------------------------------------------------

# In quotes: a path may have blanks. What sed would take as its own is escaped.
.PHONY: install
DEST = "$(DESTDIR)$(PREFIX)"
PREFIX_SED = $$(printf '%s' "$(PREFIX)" | sed 's/[&|\\]/\\&/g')
install: gale ## into $(DESTDIR)$(PREFIX): command, library, headers, plugins
	@case "$(PREFIX)" in /*) ;; *) echo 'make install: PREFIX is' \
		'"$(PREFIX)", expected a path that begins with /' >&2; exit 1 ;; esac
	install -d $(DEST)/bin $(DEST)/lib/gale $(DEST)/lib/pkgconfig \
		$(DEST)/include/gale $(DEST)/share/gale/systemd
	install $(GALE) $(DEST)/bin
	install -m 644 $(B)/lib/$(SONAME) $(DEST)/lib
	ln -sf $(SONAME) $(DEST)/lib/libgale.so
	install -m 644 $(PLUGINS) $(DEST)/lib/gale
	install -m 644 $(wildcard topology-api/gale/*.h topology-api/gale/*.hpp) \
		$(DEST)/include/gale
	install -m 644 $(wildcard conf/*.yaml) conf/valgrind.supp \
		$(DEST)/share/gale
	for unit in conf/systemd/*.service; do \
		sed "s|@PREFIX@|$(PREFIX_SED)|g" "$$unit" \
			>$(DEST)/share/gale/systemd/"$${unit##*/}"; done
	docs/install.sh $(DEST)/share/doc/gale
	sed -e "s|@PREFIX@|$(PREFIX_SED)|" -e 's|@VERSION@|$(VERSION)|' \
		-e 's|@LIBS@|$(LIBS)|' \
		topology-api/gale.pc.in >$(DEST)/lib/pkgconfig/gale.pc
