#define BOOST_TEST_MODULE pams
#include <boost/test/unit_test.hpp>
