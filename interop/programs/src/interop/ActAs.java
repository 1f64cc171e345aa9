package interop;

import java.net.URI;
import java.security.PrivilegedExceptionAction;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.security.UserGroupInformation;

/**
 * Hadoop programs that act for others, over one connection user.
 *
 * usage: ActAs HOST:PORT CONNECTION_USER USER...
 *
 * Makes a directory as each of the users and prints whose it is.
 */
public class ActAs {
  public static void main(String[] a) throws Exception {
    Configuration conf = new Configuration(false);
    conf.set("fs.alluxio.impl", "alluxio.hadoop.FileSystem");
    conf.set("alluxio.security.login.username", a[1]);
    for (int i = 2; i < a.length; i++) {
      String user = a[i];
      System.out.println(user + " by " + a[1] + ": " + UserGroupInformation.createRemoteUser(user)
          .doAs((PrivilegedExceptionAction<String>) () -> make(new URI("alluxio://" + a[0] + "/"), conf, user)));
    }
    System.exit(0);
  }

  static String make(URI root, Configuration conf, String user) throws Exception {
    try (FileSystem fs = FileSystem.newInstance(root, conf)) {
      Path path = new Path("/act-as/" + user);
      fs.mkdirs(path);
      return fs.getFileStatus(path).getOwner();
    }
  }
}
