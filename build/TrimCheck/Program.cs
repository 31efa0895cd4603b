// Published trimmed by build/check-trim.sh: the trimmer reads the whole core, and its warnings are errors.
using Microsoft.Extensions.DependencyInjection;

IServiceCollection services = new ServiceCollection().AddTokenLifecycle().Services;
Console.WriteLine(services.Count > 0 ? "the trimmed program works" : "nothing registered");
