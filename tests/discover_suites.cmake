# Run after each build of pams_tests: writes the list of tests that ctest reads, one for each suite (and each case outside
# of suites) that the program itself names, called by its directory and its name: `ctest -R seal`, `ctest -R milter/trace/`.
#   cmake -D PROGRAM=... -D LIST=... -D ENVIRONMENT=... -P discover_suites.cmake
cmake_minimum_required(VERSION 3.25)

# Boost names each suite with its file in the form for dot(1) only.
execute_process(COMMAND ${CMAKE_COMMAND} -E env ${ENVIRONMENT} ${PROGRAM} --list_content=DOT
  OUTPUT_VARIABLE out ERROR_VARIABLE err RESULT_VARIABLE status)
if(NOT status EQUAL 0)
  message(FATAL_ERROR "${PROGRAM} --list_content=DOT: ${status}\n${out}${err}")
endif()
string(APPEND out "${err}")
string(REGEX MATCHALL "tu1 -> tu[0-9]+" tops "${out}")
if(NOT tops)
  message(FATAL_ERROR "${PROGRAM} names no suites:\n${out}")
endif()

set(tests "")
foreach(top IN LISTS tops)
  string(REGEX REPLACE ".* " "" unit "${top}")
  if(NOT out MATCHES "${unit}\\[[^\n]*label=\"([A-Za-z0-9_]+)\\|([^\"\n]*)\\([0-9]+\\)")
    message(FATAL_ERROR "no name for ${unit} in:\n${out}")
  endif()
  set(suite ${CMAKE_MATCH_1})
  set(name ${suite})
  if(CMAKE_MATCH_2 MATCHES "tests/(.+)/[^/]+$")
    set(name ${CMAKE_MATCH_1}/${suite})
  endif()
  string(APPEND tests "add_test([==[${name}]==] [==[${PROGRAM}]==] --run_test=${suite} --log_level=test_suite"
    " --report_level=short)\n"
    "set_tests_properties([==[${name}]==] PROPERTIES ENVIRONMENT [==[${ENVIRONMENT}]==])\n")
endforeach()
file(WRITE ${LIST} "${tests}")
